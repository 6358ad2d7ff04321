import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs'
import type { SqsRecord, SqsRecordAttribute } from './event.ts'

/** A record as `ReceiveMessage` would have returned it. */
export function messageOf(record: SqsRecord): Message {
  const { messageId, receiptHandle, body, attributes = {}, messageAttributes = {} } = record
  const named = Object.entries(messageAttributes).map(([name, value]) => [name, attributeOf(value)])
  return {
    MessageId: messageId,
    ReceiptHandle: receiptHandle,
    Body: body,
    Attributes: attributes as Message['Attributes'],
    MessageAttributes: Object.fromEntries(named),
  }
}

function attributeOf({ dataType, stringValue, binaryValue }: SqsRecordAttribute): MessageAttributeValue {
  if (dataType.startsWith('Binary') && binaryValue !== undefined)
    return { DataType: dataType, BinaryValue: new Uint8Array(Buffer.from(binaryValue, 'base64')) }
  return { DataType: dataType, StringValue: stringValue }
}
