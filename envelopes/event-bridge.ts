import { randomUUID } from 'node:crypto'
import type { Format, ParsedMessage, Payload, Sender } from './format.ts'
import { jsonIn } from './payload.ts'

/** An event of Amazon EventBridge (EventBridge user guide, "Events in Amazon EventBridge"). */
export interface EventBridgeEvent<Detail = unknown, DetailType extends string = string> {
  readonly version: string
  readonly id: string
  readonly 'detail-type': DetailType
  /** Who sent it: `aws.s3`, or a name of your own. */
  readonly source: string
  /** The account's 12 digits. */
  readonly account: string
  /** ISO 8601, UTC. */
  readonly time: string
  readonly region: string
  /** ARNs of what it is about. */
  readonly resources: readonly string[]
  readonly detail: Detail
}

/**
 * Makes the format of events that a rule of Amazon EventBridge sends to a queue or a topic. The data is the whole event:
 * `topic<EventBridgeEvent<Order>>('orders', { envelope: eventBridge() })`. `metadata` has its `id` as `messageUuid` and
 * its `time` as `timestamp`.
 *
 * `build` writes such an event, for tests and replays: `detail` is required, and what else is missing is filled in, with
 * the topic as `detail-type` and the service as `source`. It throws a TypeError for data without a `detail`. `parse`
 * throws for what is not an event, such as the output of an input transformer.
 */
export function eventBridge(): Format {
  return { bare: true, build, parse }
}

function build(data: unknown, topic: string, { name }: Sender): string {
  if (typeof data !== 'object' || data === null || !('detail' in data))
    throw new TypeError('an event of EventBridge has a detail')
  const standard: Omit<EventBridgeEvent, 'detail'> = {
    version: '0',
    id: randomUUID(),
    'detail-type': topic,
    source: name,
    account: '',
    time: new Date().toISOString(),
    region: '',
    resources: [],
  }
  return JSON.stringify({ ...standard, ...data })
}

function parse(payload: Payload): ParsedMessage {
  const event: unknown = jsonIn(payload)
  if (!isEvent(event)) throw new TypeError('the payload is not an event of EventBridge')
  const { id, version, time } = event
  return {
    data: event,
    metadata: {
      messageUuid: id,
      timestamp: Date.parse(time) / 1_000 || 0,
      protocolVersion: `eventbridge--${version}`,
    },
  }
}

function isEvent(event: unknown): event is EventBridgeEvent {
  if (typeof event !== 'object' || event === null || !('detail' in event)) return false
  const { id, source, 'detail-type': type } = event as Partial<EventBridgeEvent>
  return [id, source, type].every((value) => typeof value === 'string')
}
