import { randomUUID } from 'node:crypto'
import type { Format, MessageMetadata, ParsedMessage, Payload, Sender } from './format.ts'
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
  return { bare: true, build: buildEventBridge, parse: parseEventBridge }
}

function buildEventBridge(data: unknown, topic: string, { name }: Sender): string {
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

function parseEventBridge(payload: Payload): ParsedMessage {
  const event: unknown = jsonIn(payload)
  if (!isEventBridgeEvent(event)) throw new TypeError('the payload is not an event of EventBridge')
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

function isEventBridgeEvent(event: unknown): event is EventBridgeEvent {
  if (typeof event !== 'object' || event === null || !('detail' in event)) return false
  const { id, source, 'detail-type': type } = event as Partial<EventBridgeEvent>
  return [id, source, type].every((value) => typeof value === 'string')
}

/** An event notification of Amazon S3. A test event has no records. */
export interface S3Event {
  readonly Records: readonly S3EventRecord[]
}

/** What happened to one object (S3 user guide, "Event message structure"). */
export interface S3EventRecord {
  readonly eventVersion: string
  readonly eventSource: string
  readonly awsRegion: string
  /** ISO 8601, UTC. */
  readonly eventTime: string
  /** Such as `ObjectCreated:Put`. */
  readonly eventName: string
  readonly userIdentity?: { readonly principalId: string }
  readonly requestParameters?: { readonly sourceIPAddress: string }
  readonly responseElements?: Readonly<Record<string, string>>
  readonly s3: {
    readonly s3SchemaVersion: string
    readonly configurationId: string
    readonly bucket: {
      readonly name: string
      readonly ownerIdentity?: { readonly principalId: string }
      readonly arn: string
    }
    readonly object: {
      /** As S3 encodes it for URLs: `decodeURIComponent(key.replaceAll('+', ' '))` is the key itself. */
      readonly key: string
      /** In bytes. */
      readonly size?: number
      readonly eTag?: string
      readonly versionId?: string
      /** Hexadecimal; grows with each event of the same object. */
      readonly sequencer?: string
    }
  }
}

const testEvent = 's3:TestEvent'

/**
 * Makes the format of event notifications that Amazon S3 sends to a queue or a topic. The data is the whole event:
 * `topic<S3Event>('uploads', { envelope: s3Events() })`. `metadata` has the time of the first record as `timestamp`.
 *
 * The `s3:TestEvent` that S3 sends when notifications are configured becomes an event without records, whose
 * `protocolVersion` is `s3:TestEvent`; so a handler that goes through the records acks it.
 *
 * `build` writes an event as it is, for tests and replays. Both throw for what is not an event of S3.
 */
export function s3Events(): Format {
  return { bare: true, build: buildS3, parse: parseS3 }
}

function buildS3(data: unknown): string {
  if (!isS3Event(data)) throw new TypeError('an event of S3 has a list of Records')
  return JSON.stringify(data)
}

function parseS3(payload: Payload): ParsedMessage {
  const event: unknown = jsonIn(payload)
  if (isTestEvent(event)) return { data: { Records: [] }, metadata: metadataOf(event.Time, testEvent) }
  if (!isS3Event(event)) throw new TypeError('the payload is not an event of S3')
  const [{ eventTime, eventVersion } = {}] = event.Records as readonly Partial<S3EventRecord>[]
  return { data: event, metadata: metadataOf(eventTime, `s3--${eventVersion ?? ''}`) }
}

function isTestEvent(event: unknown): event is { readonly Time?: string } {
  return typeof event === 'object' && event !== null && 'Event' in event && event.Event === testEvent
}

function isS3Event(event: unknown): event is S3Event {
  if (typeof event !== 'object' || event === null || !('Records' in event)) return false
  const { Records: records } = event
  return Array.isArray(records) && records.every((record) => typeof record?.s3 === 'object')
}

function metadataOf(time = '', protocolVersion: string): MessageMetadata {
  return { messageUuid: '', timestamp: Date.parse(time) / 1_000 || 0, protocolVersion }
}
