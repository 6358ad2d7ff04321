import type { MessageAttributeValue } from '@aws-sdk/client-sqs'
import { withoutDeadLetterHeaders } from '../../../kernel/adapter-kit.ts'
import { type AttributeValue, sizeOf, toAttributes } from './attributes.ts'
import { mostAttributes } from './sendable.ts'

type Attributes = Readonly<Record<string, AttributeValue>>

/** The attributes of a received message. */
type ReceivedAttributes = Readonly<Record<string, MessageAttributeValue>>

/** The attribute that holds, as JSON, the reasons for which there is no attribute left, and the attribute it displaced. */
const more = 'x-dead-letter-more'
/** Reasons in the order in which they get attributes of their own. */
const shown = ['reason', 'queue', 'error', 'topic', 'attempts', 'id', 'stack'].map(named)
/** Reasons in the order in which they get bytes: what a redrive needs comes first. */
const needed = ['queue', 'id', 'topic', 'attempts', 'error', 'reason', 'stack'].map(named)

function named(reason: string): string {
  return `x-dead-letter-${reason}`
}

/**
 * The attributes of a dead letter: those of the message, and as many reasons as fit into so many bytes. SQS takes ten
 * attributes, so the last one holds several reasons if that is too few.
 */
export function withReasons(
  own: Attributes,
  reasons: Readonly<Record<string, string>>,
  bytes: number,
): Attributes {
  const fitting = new Set<string>()
  for (const name of needed.filter((each) => reasons[each])) {
    fitting.add(name)
    if (sizeOf(laidOut(own, reasons, fitting)) > bytes) fitting.delete(name)
  }
  return laidOut(own, reasons, fitting)
}

function laidOut(
  own: Attributes,
  reasons: Readonly<Record<string, string>>,
  chosen: ReadonlySet<string>,
): Attributes {
  const texts = shown.filter((name) => chosen.has(name)).map((name) => [name, reasons[name]] as const)
  const kept = Object.entries(own)
  if (kept.length + texts.length <= mostAttributes || texts.length === 0)
    return { ...own, ...toAttributes(Object.fromEntries(texts)) }
  const displaced = kept.splice(mostAttributes - 1)
  const single = texts.splice(0, mostAttributes - 1 - kept.length)
  const rest = JSON.stringify({
    reasons: Object.fromEntries(texts),
    attributes: Object.fromEntries(displaced.map(([name, value]) => [name, inJson(value)])),
  })
  return { ...Object.fromEntries(kept), ...toAttributes({ ...Object.fromEntries(single), [more]: rest }) }
}

/** The attributes of a message that was received, each by itself. */
export function unpacked(attributes: ReceivedAttributes = {}): ReceivedAttributes {
  const { [more]: packed, ...others } = attributes
  if (packed === undefined) return attributes
  try {
    const { reasons = {}, attributes: displaced = {} } = JSON.parse(packed.StringValue ?? '')
    const restored = Object.entries(displaced as Attributes).map(([name, value]) => [name, fromJson(value)])
    return { ...others, ...toAttributes(reasons), ...Object.fromEntries(restored) }
  } catch {
    // Somebody else has written it.
    return attributes
  }
}

/** The attributes of a message without reasons, which may come from an earlier time. */
export function withoutReasons(attributes: ReceivedAttributes | undefined): Attributes {
  return withoutDeadLetterHeaders(unpacked(attributes)) as Attributes
}

function inJson({ DataType, StringValue, BinaryValue }: AttributeValue): object {
  return BinaryValue
    ? { DataType, BinaryValue: Buffer.from(BinaryValue).toString('base64') }
    : { DataType, StringValue }
}

function fromJson({ BinaryValue, ...value }: AttributeValue): AttributeValue {
  return BinaryValue === undefined
    ? value
    : { ...value, BinaryValue: new Uint8Array(Buffer.from(String(BinaryValue), 'base64')) }
}
