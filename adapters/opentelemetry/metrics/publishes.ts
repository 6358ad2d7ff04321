import type { Attributes } from '@opentelemetry/api'
import type { Bus, Published } from '../../../kernel/index.ts'
import { errorTypeOf } from '../conventions/error-type.ts'
import { attribute, metric, systemOf } from '../conventions/semantic-conventions.ts'
import type { Instruments } from './instruments.ts'
import type { Tally } from './tally.ts'

/** Measures what is published, whether it was confirmed or has failed. */
export function measurePublishes(bus: Bus, instruments: Instruments): void {
  const duration = instruments.histogram(metric.MESSAGING_CLIENT_OPERATION_DURATION)
  const sent = instruments.counter(metric.MESSAGING_CLIENT_SENT_MESSAGES)
  const counts = new Map<string, Pick<Tally, 'add'>>()
  const measure = (event: Omit<Published, 'bytes'>, error?: string) => {
    const attributes = attributesOf(event, error)
    const key = Object.values(attributes).join(' ')
    const count = counts.get(key) ?? sent(attributes)
    if (counts.size < mostTopics) counts.set(key, count)
    count.add()
    duration.record(event.elapsed, { ...attributes, [attribute.MESSAGING_OPERATION_TYPE]: 'send' })
  }
  bus.on('published', (event) => measure(event))
  bus.on('unpublished', (event) => measure(event, errorTypeOf(event.error)))
}

/** Topics may have a name for each message. */
const mostTopics = 1_000

function attributesOf(
  { transport, topic }: Pick<Published, 'transport' | 'topic'>,
  error?: string,
): Attributes {
  return {
    [attribute.MESSAGING_SYSTEM_NAME]: systemOf(transport),
    [attribute.MESSAGING_OPERATION_NAME]: 'publish',
    [attribute.MESSAGING_DESTINATION_NAME]: topic,
    ...(error === undefined ? {} : { [attribute.ERROR_TYPE]: error }),
  }
}
