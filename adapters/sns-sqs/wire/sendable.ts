import { TomodachiError } from '../../../kernel/index.ts'
import type { AttributeValue } from './attributes.ts'

/** The most attributes of a message in SQS (SQS developer guide, "Amazon SQS message metadata"). */
export const mostAttributes = 10
/** Characters that SQS refuses: those that XML 1.0 does not have (SQS API reference, SendMessage). */
export const refusedBySqs = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu
/** Halves of surrogate pairs: a text with one is not Unicode, so UTF-8 cannot carry it. */
const half = /\p{Surrogate}/u
const longestName = 256

/** What goes into a message of SNS or SQS. */
interface Content {
  readonly kind: 'topic' | 'queue' | 'dead-letter queue'
  readonly subject: string
  readonly text: string
  readonly attributes: Readonly<Record<string, AttributeValue>>
}

/**
 * Throws `PAYLOAD_UNBUILDABLE` for what AWS does not take, before it is sent: AWS may refuse a whole call because of one
 * message.
 */
export function checkSendable({ kind, subject: topic, text, attributes }: Content): void {
  const isQueue = kind !== 'topic'
  const names = Object.keys(attributes)
  const reason =
    (typeof text === 'string' ? undefined : 'bodyFormatter returned no text') ??
    unsendableText('the body', text, isQueue) ??
    (isQueue && names.length > mostAttributes
      ? `it has ${names.length} attributes, but SQS takes ${mostAttributes}`
      : undefined) ??
    names.map((name) => unsendableAttribute(name, attributes[name], isQueue)).find((found) => found)
  if (reason !== undefined) throw new TomodachiError('PAYLOAD_UNBUILDABLE', { topic, reason })
}

/** SNS and SQS have the same rules (SNS developer guide, "Amazon SNS message attributes"). */
function unsendableAttribute(
  name: string,
  { DataType, StringValue }: AttributeValue = { DataType: '' },
  isQueue: boolean,
): string | undefined {
  const attribute = `the attribute ${JSON.stringify(name)}`
  if (!/^[\w-]+(\.[\w-]+)*$/.test(name) || name.length > longestName)
    return `${attribute} must have a name of 1 to ${longestName} letters, digits, "_", "-" and single periods within`
  if (/^(aws|amazon)\./i.test(name)) return `${attribute} has a name that is reserved for AWS`
  if (DataType === 'Number' && !Number.isFinite(Number(StringValue)))
    return `${attribute} must be a finite number, not ${StringValue}`
  return unsendableText(attribute, StringValue ?? '', isQueue)
}

function unsendableText(what: string, text: string, isQueue: boolean): string | undefined {
  const place = text.search(isQueue ? refusedBySqs : half)
  if (place < 0) return undefined
  const code = text.charCodeAt(place).toString(16).padStart(4, '0')
  return `${what} has the character U+${code.toUpperCase()}, which ${isQueue ? 'SQS' : 'UTF-8'} cannot carry`
}
