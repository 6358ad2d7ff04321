import type { Attributes } from '@opentelemetry/api'
import type { Delivery } from '../../../kernel/index.ts'
import type { ScheduleGiven } from '../../schedule/index.ts'
import { api } from '../conventions/api.ts'
import { attribute } from '../conventions/semantic-conventions.ts'
import type { Beginning } from './messages.ts'

/** The span of a tick; it begins a trace. */
export function ticking({ actor, envelope }: Delivery): Beginning {
  const { firedAt, interval } = envelope.given as ScheduleGiven
  const attributes: Attributes = {
    [attribute.CODE_FUNCTION_NAME]: actor.name,
    [attribute.FAAS_TRIGGER]: 'timer',
    [attribute.FAAS_CRON]: interval,
    [attribute.FAAS_TIME]: firedAt.toISOString(),
  }
  return { name: actor.name, options: { kind: api.SpanKind.INTERNAL, attributes, root: true } }
}
