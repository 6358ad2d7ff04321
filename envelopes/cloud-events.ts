import { randomUUID } from 'node:crypto'
import { bodyOf, contentOf, contentTypeIn, contentTypeOf, fromJson, toJson } from './cloud-event-data.ts'
import type {
  BuiltMessage,
  Format,
  MessageMetadata,
  ParsedMessage,
  Payload,
  Sender,
  WireHeaders,
} from './format.ts'
import { checkNames, invalidOption, requireOneOf } from './option.ts'
import { peer } from './peer.ts'

/** What the headers of attributes begin with, by the protocol bindings. */
const cloudEventPrefixes = ['cloudEvents_', 'cloudEvents:', 'ce-', 'ce_'] as const

type CloudEventPrefix = (typeof cloudEventPrefixes)[number]

const attributeHeader = /^(?:cloudevents[_:]|ce[-_])(.+)$/i

/** The attributes of an event by their names, as CloudEvents 1.0 defines them: text, whole numbers and booleans. */
export type CloudEventAttributes = Readonly<Record<string, unknown>>

/** Options of `cloudEvents()`. */
export interface CloudEventsOptions {
  /**
   * How events are written: `structured` as one JSON document, `binary` with the attributes in headers and the data as
   * the payload. Both are accepted when reading. Default `structured`.
   */
  readonly mode?: 'structured' | 'binary'
  /**
   * The prefix of attribute headers in binary mode: `cloudEvents_` or `cloudEvents:` (AMQP binding), `ce-`
   * (HTTP, NATS) or `ce_` (Kafka). All of them are accepted when reading. Default `cloudEvents_`, which SNS and SQS accept too.
   */
  readonly prefix?: CloudEventPrefix
  /** The attribute `source`, a URI reference. Default: the name of the service that publishes. */
  readonly source?: string
  /**
   * Adds attributes such as `subject`, `dataschema` or extension attributes, or replaces the generated ones: `id`
   * (random), `type` (the topic), `time` (now) and `datacontenttype`.
   */
  readonly attributes?: (data: unknown, topic: string) => CloudEventAttributes
}

const specversion = '1.0'
const structuredType = 'application/cloudevents+json'

/**
 * Makes the format of CloudEvents 1.0, in JSON. It needs the package cloudevents, which checks the attributes.
 *
 * Bytes stay bytes. Text travels as it is if `attributes` gives it a content type; everything else is JSON. An event
 * without data gives null. `metadata.attributes` has all attributes; `messageUuid` is the event's `id`, `timestamp` its
 * `time`.
 *
 * `parse` throws for a payload that is not an event of version 1.0, for attributes that are missing or malformed, and
 * for batches.
 */
export function cloudEvents(options: CloudEventsOptions = {}): Format {
  checkNames('cloudEvents', options, ['mode', 'prefix', 'source', 'attributes'])
  const { mode = 'structured', prefix = 'cloudEvents_', source, attributes: further } = options
  requireOneOf('cloudEvents.mode', ['structured', 'binary'], mode)
  requireOneOf('cloudEvents.prefix', cloudEventPrefixes, prefix)
  if (source !== undefined && (typeof source !== 'string' || source === ''))
    invalidOption('cloudEvents.source', 'a URI reference', source)
  if (further !== undefined && typeof further !== 'function')
    invalidOption('cloudEvents.attributes', 'a function of data and topic', further)
  const check = checker()

  function build(data: unknown, topic: string, { name }: Sender): BuiltMessage {
    const contentType = contentTypeOf(data)
    const attributes = check({
      specversion,
      id: randomUUID(),
      source: source ?? encodeURIComponent(name),
      type: topic,
      time: new Date().toISOString(),
      ...(contentType === undefined ? {} : { datacontenttype: contentType }),
      ...further?.(data, topic),
    })
    if (mode === 'binary') {
      return { payload: bodyOf(data, attributes.datacontenttype), headers: toHeaders(attributes, prefix) }
    }
    return {
      payload: JSON.stringify({ ...attributes, ...toJson(data, attributes.datacontenttype) }),
      headers: { 'content-type': `${structuredType}; charset=utf-8` },
    }
  }

  function parse(payload: Payload, headers: WireHeaders = {}): ParsedMessage {
    // The content type decides: attributes in headers may be left from the event that this one follows.
    if (isBinary(headers) && !isStructured(headers)) {
      const attributes = check(fromHeaders(headers))
      return { data: contentOf(payload, attributes.datacontenttype), metadata: metadataOf(attributes) }
    }
    const { data, attributes } = fromJson(payload, headers)
    return { data, metadata: metadataOf(check(attributes)) }
  }

  return { build, parse }
}

interface Checked extends CloudEventAttributes {
  readonly id: string
  readonly specversion: string
  readonly time?: string
  readonly datacontenttype?: string
}

/** Makes the function that checks attributes, drops those that are not set, and returns the others. */
function checker(): (attributes: CloudEventAttributes) => Checked {
  const { CloudEvent } = peer('cloudevents', 'cloudEvents') as typeof import('cloudevents')
  return (attributes) => {
    const set = Object.fromEntries(Object.entries(attributes).filter(([, value]) => value != null))
    if (set.specversion !== specversion) {
      throw new TypeError(
        `CloudEvents ${JSON.stringify(set.specversion)} cannot be read, only ${specversion}`,
      )
    }
    for (const [name, value] of Object.entries(set)) checkAttribute(name, value)
    // The package makes up what is missing here.
    if (set.id === undefined || set.id === '') throw new TypeError('the attribute id is missing')
    try {
      new CloudEvent(set)
    } catch (cause) {
      throw new TypeError(reasonOf(cause), { cause })
    }
    return set as unknown as Checked
  }
}

/** The types of attributes (CloudEvents 1.0, type system) that JSON and headers can carry. */
function checkAttribute(name: string, value: unknown): void {
  if (!/^[a-z0-9]+$/.test(name)) throw new TypeError(`${JSON.stringify(name)} is not a valid attribute name`)
  if (typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'number' && (value | 0) === value) return
  throw new TypeError(`the attribute ${name} must be a string, a boolean or an integer of 32 bits`)
}

/** What the package has to say, in one line. */
function reasonOf(error: unknown): string {
  const { errors = [], message } = error as { errors?: readonly Fault[]; message: string }
  const faults = errors.map((fault) => `${fault.instancePath?.slice(1) ?? ''} ${fault.message}`.trim())
  return faults.length > 0 ? `the attributes do not fit CloudEvents 1.0: ${faults.join('; ')}` : message
}

interface Fault {
  readonly instancePath?: string
  readonly message?: string
}

function metadataOf(attributes: Checked): MessageMetadata {
  const { id, time = '' } = attributes
  return {
    messageUuid: id,
    timestamp: Date.parse(time) / 1_000 || 0,
    protocolVersion: `cloudevents--${specversion}`,
    attributes,
  }
}

/** Whether the attributes of an event are in the headers. */
function isBinary(headers: WireHeaders): boolean {
  return Object.keys(headers).some(
    (header) => attributeHeader.exec(header)?.[1]?.toLowerCase() === 'specversion',
  )
}

/** Whether the message says that its payload is a whole event, or a batch of them. */
function isStructured(headers: WireHeaders): boolean {
  return /^application\/cloudevents\b/i.test(contentTypeIn(headers) ?? '')
}

/** The headers of an event in binary mode. The content type of its data is that of the message. */
function toHeaders(attributes: WireHeaders, prefix: CloudEventPrefix): WireHeaders {
  const headers = Object.entries(attributes).map(([name, value]) => [
    name === 'datacontenttype' ? 'content-type' : `${prefix}${name}`,
    String(value),
  ])
  return Object.fromEntries(headers)
}

/** The attributes that are in the headers, whatever they begin with. */
function fromHeaders(headers: WireHeaders): WireHeaders {
  const attributes: [string, unknown][] = []
  for (const [header, value] of Object.entries(headers)) {
    const name = attributeHeader.exec(header)?.[1]?.toLowerCase()
    if (name !== undefined) attributes.push([name, value])
  }
  const datacontenttype = contentTypeIn(headers)
  return { ...Object.fromEntries(attributes), ...(datacontenttype === undefined ? {} : { datacontenttype }) }
}
