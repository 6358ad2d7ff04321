import type { Attributes, Context, Logger } from '@opentelemetry/api'
import { watchLog } from '../../kernel/adapter-kit.ts'
import { type Bus, type LogRecord, TomodachiError } from '../../kernel/index.ts'
import { api } from './conventions/api.ts'
import { attribute } from './conventions/semantic-conventions.ts'

/** Those of the data model of logs: DEBUG, INFO, WARN, ERROR. */
const severities: Readonly<Record<LogRecord['level'], number>> = { debug: 5, info: 9, warning: 13, error: 17 }

/**
 * Returns a function that exports each record that is logged from then on, through the API of logs, until the kernel of the
 * bus has stopped: what goes wrong when other adapters close is exported too. Throws `OPTION_INVALID` where the API has none.
 */
export function logExport(): (bus: Bus) => void {
  // Only 1.10 and newer have it.
  const { logs } = api as Partial<typeof api>
  if (logs === undefined) {
    const expected = 'false with a version of @opentelemetry/api before 1.10'
    throw new TomodachiError('OPTION_INVALID', { option: 'opentelemetry.logs', expected, actual: true })
  }
  return (bus) => {
    // One for the process, whose log it is, however many kernels there are.
    kernels++
    stopExport ??= exportWith(logs)
    bus.on('lifecycle', ({ to }) => {
      if (to !== 'stopped' || --kernels > 0) return
      stopExport?.()
      stopExport = undefined
    })
  }
}

/** Kernels that run and export logs. */
let kernels = 0
/** Ends the export; undefined while there is none. */
let stopExport: (() => void) | undefined

function exportWith(logs: typeof api.logs): () => void {
  const loggers = new Map<string, Logger>()
  return watchLog((record) => {
    let logger = loggers.get(record.logger)
    if (logger === undefined) {
      logger = logs.getLogger(record.logger)
      loggers.set(record.logger, logger)
    }
    const context = contextOf(record)
    const severityNumber = severities[record.level]
    if (!logger.enabled({ context, severityNumber })) return
    const attributes = attributesOf(record, context)
    const { timestamp, level: severityText } = record
    logger.emit({ timestamp, severityNumber, severityText, body: bodyOf(record), attributes, context })
  })
}

function bodyOf({ message, brief, fields }: LogRecord): string {
  if (!brief) return message
  const { message: words } = brief(fields)
  return words.map((word) => (typeof word === 'string' ? word : word.text)).join(' ')
}

/**
 * That of the running code. What is logged when a handler has ended, such as the line of a request, belongs to the handler's
 * span, which only the record still names.
 */
function contextOf({ fields: { trace_id: traceId, span_id: spanId } }: LogRecord): Context {
  const active = api.context.active()
  if (api.trace.getSpan(active) || typeof traceId !== 'string' || typeof spanId !== 'string') return active
  const named = { traceId, spanId, traceFlags: api.TraceFlags.SAMPLED }
  return api.isSpanContextValid(named) ? api.trace.setSpanContext(active, named) : active
}

/** The fields of a record; of its `error`, what has a name in the conventions, and the rest. */
function attributesOf({ fields }: LogRecord, context: Context): Attributes {
  const { error, trace_id, span_id, ...others } = fields
  const span = api.trace.getSpanContext(context)
  // An exported record has places of its own for these.
  const isTied = span !== undefined && span.traceId === trace_id && span.spanId === span_id
  const attributes = isTied ? others : { ...others, trace_id, span_id }
  return error === undefined ? attributes : { ...attributes, ...exceptionOf(error) }
}

function exceptionOf(error: NonNullable<LogRecord['fields'][string]> | null): Attributes {
  if (typeof error !== 'object' || error === null || Array.isArray(error)) return { error }
  const { name, message, stack, ...more } = error
  if (typeof name !== 'string' || typeof message !== 'string') return { error }
  return {
    [attribute.EXCEPTION_TYPE]: name,
    [attribute.EXCEPTION_MESSAGE]: message,
    ...(stack === undefined ? {} : { [attribute.EXCEPTION_STACKTRACE]: stack }),
    ...(Object.keys(more).length === 0 ? {} : { error: more }),
  }
}
