import type { Message } from '@aws-sdk/client-sqs'
import type { Payload } from '../../../envelopes/index.ts'
import { fromAttributes } from './attributes.ts'
import { topicIn } from './names.ts'
import { pointerIn, withoutPayloadSize } from './pointer.ts'
import { unpacked } from './reasons.ts'

/** The attribute that marks a payload of bytes, which travels as base64. */
export const payloadEncoding = 'x-payload-encoding'

/** A message as SQS delivered it, with its payload taken out of what SNS or a sender put around it. */
export interface Received {
  readonly message: Message
  readonly body: string
  readonly handle: string
  readonly sqsMessageId: string
  /** 1 if the server does not say. */
  readonly receiveCount: number
  readonly groupId: string | undefined
  readonly deduplicationId: string | undefined
  /** Undefined for a body that this bus cannot read. */
  readonly payload: Payload | undefined
  /** Name of the topic on the wire; empty for a message that was sent to the queue. */
  readonly topic: string
  readonly type: string
  readonly snsMessageId: string
  readonly timestamp: string
  readonly attributes: Readonly<Record<string, unknown>>
}

/** Reads a message. With `raw` the body is the payload, unless it is what SNS or `sendMessage` writes. */
export function received(message: Message, raw: boolean): Received {
  const {
    Body: body = '',
    ReceiptHandle: handle = '',
    MessageId: sqsMessageId = '',
    Attributes = {},
  } = message
  const around = wrapping(body, raw)
  const attributes = fromAttributes(around?.MessageAttributes, unpacked(message.MessageAttributes))
  // SNS puts nothing around a pointer that is the whole body.
  const text = around ? around.Message : raw || pointerIn(body, attributes) ? body : undefined
  return {
    message,
    body,
    handle,
    sqsMessageId,
    receiveCount: countIn(Attributes.ApproximateReceiveCount),
    groupId: Attributes.MessageGroupId,
    deduplicationId: Attributes.MessageDeduplicationId,
    topic: around ? topicIn(around.TopicArn) : '',
    type: around?.Type || 'Message',
    snsMessageId: around?.TopicArn ? around.MessageId : '',
    timestamp: around?.Timestamp ?? '',
    // Whether it is of bytes is known of a payload in S3, too, but what arrived is a pointer.
    ...(pointerIn(text, attributes) ? { payload: text, attributes } : contentOf(text, attributes)),
  }
}

/** The same of a message whose payload was in S3, from the text that was stored there. */
export function readStored(
  stored: string,
  arrived: { readonly rawMessageBody: string; readonly messageAttributes: Received['attributes'] },
  raw: boolean,
): Pick<Received, 'payload' | 'attributes'> {
  const { rawMessageBody, messageAttributes } = arrived
  const isBody = pointerIn(rawMessageBody, messageAttributes) !== undefined
  const around = isBody ? wrapping(stored, raw) : undefined
  const text = around ? around.Message : !isBody || raw ? stored : undefined
  const attributes = { ...fromAttributes(around?.MessageAttributes), ...messageAttributes }
  return contentOf(text, withoutPayloadSize(attributes))
}

/** Bytes travel as base64. */
function contentOf(
  text: string | undefined,
  attributes: Received['attributes'],
): Pick<Received, 'payload' | 'attributes'> {
  const { [payloadEncoding]: encoding, ...others } = attributes
  if (encoding !== 'base64' || text === undefined) return { payload: text, attributes }
  return { payload: new Uint8Array(Buffer.from(text, 'base64')), attributes: others }
}

/** What SNS, or a sender, puts around a payload; missing texts are empty. */
interface Wrapping {
  readonly Message: string
  readonly Type: string
  readonly TopicArn: string
  readonly MessageId: string
  readonly Timestamp: string
  readonly MessageAttributes?: unknown
}

function wrapping(body: string, raw: boolean): Wrapping | undefined {
  // RFC 8259, sections 2 and 8.1: white space may stand around JSON, and a byte order mark may be ignored.
  const json = body.startsWith('{') ? body : body.trimStart()
  if (!json.startsWith('{')) return undefined
  let parsed: Record<string, unknown>
  try {
    parsed = JSON.parse(json)
  } catch {
    return undefined
  }
  const { Message, Type, TopicArn, QueueUrl, MessageId, Timestamp, MessageAttributes } = parsed
  if (typeof Message !== 'string') return undefined
  const isOurs = (Type === 'Notification' && TopicArn) || (Type === 'Message' && QueueUrl)
  // A payload may have a member of this name by chance.
  if (raw && !isOurs) return undefined
  return {
    Message,
    Type: textIn(Type),
    TopicArn: textIn(TopicArn),
    MessageId: textIn(MessageId),
    Timestamp: textIn(Timestamp),
    MessageAttributes,
  }
}

function countIn(text: string | undefined): number {
  const count = Number(text)
  return count >= 1 ? count : 1
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
