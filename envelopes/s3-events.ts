import type { Format, MessageMetadata, ParsedMessage, Payload } from './format.ts'
import { jsonIn } from './payload.ts'

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
  return { bare: true, build, parse }
}

function build(data: unknown): string {
  if (!isEvent(data)) throw new TypeError('an event of S3 has a list of Records')
  return JSON.stringify(data)
}

function parse(payload: Payload): ParsedMessage {
  const event: unknown = jsonIn(payload)
  if (isTestEvent(event)) return { data: { Records: [] }, metadata: metadataOf(event.Time, testEvent) }
  if (!isEvent(event)) throw new TypeError('the payload is not an event of S3')
  const [{ eventTime, eventVersion } = {}] = event.Records as readonly Partial<S3EventRecord>[]
  return { data: event, metadata: metadataOf(eventTime, `s3--${eventVersion ?? ''}`) }
}

function isTestEvent(event: unknown): event is { readonly Time?: string } {
  return typeof event === 'object' && event !== null && 'Event' in event && event.Event === testEvent
}

function isEvent(event: unknown): event is S3Event {
  if (typeof event !== 'object' || event === null || !('Records' in event)) return false
  const { Records: records } = event
  return Array.isArray(records) && records.every((record) => typeof record?.s3 === 'object')
}

function metadataOf(time = '', protocolVersion: string): MessageMetadata {
  return { messageUuid: '', timestamp: Date.parse(time) / 1_000 || 0, protocolVersion }
}
