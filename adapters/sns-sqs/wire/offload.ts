import { randomUUID } from 'node:crypto'
import type { ResolvedLargePayloads } from '../client/large-payloads.ts'
import type { PayloadToStore } from '../client/payload-store.ts'
import { type AttributeValue, sizeOf, toAttributes } from './attributes.ts'
import { payloadSize, pointerTo } from './pointer.ts'

/** What is sent of a message. */
interface Content {
  readonly text: string
  readonly attributes: Readonly<Record<string, AttributeValue>>
}

/** The message with a pointer in the place of its text, these attributes, and the text that goes to S3, if it is too large. */
export function offloaded<Message extends Content>(
  message: Message,
  large: ResolvedLargePayloads | undefined,
  beside: Content['attributes'],
): Message & { readonly stored?: PayloadToStore } {
  const { text, attributes } = message
  const bytes = Buffer.byteLength(text)
  if (!large || text === '' || bytes + sizeOf(attributes) <= large.threshold) return message
  const object = { bucket: large.bucket, key: large.keyPrefix + randomUUID() }
  return {
    ...message,
    text: pointerTo(object),
    attributes: { ...beside, ...toAttributes({ [payloadSize]: bytes }) },
    stored: { object, text },
  }
}
