import type { Payload } from '../../../envelopes/index.ts'
import type { S3Object } from '../client/payload-store.ts'

/** The attribute of a message whose payload is in S3: the size of the payload in bytes. */
export const payloadSize = 'ExtendedPayloadSize'
/** The same of version 1 of the Amazon SQS Extended Client Library. */
const legacySize = 'SQSLargePayloadSize'

const pointerClass = 'software.amazon.payloadoffloading.PayloadS3Pointer'
const classes: readonly unknown[] = [pointerClass, 'com.amazon.sqs.javamessaging.MessageS3Pointer']

/** What stands in the place of a payload that is in S3. */
export function pointerTo({ bucket, key }: S3Object): string {
  return JSON.stringify([pointerClass, { s3BucketName: bucket, s3Key: key }])
}

/** The object that a payload points to; undefined for any other payload. The attributes have to say so, too. */
export function pointerIn(
  payload: Payload | undefined,
  attributes: Readonly<Record<string, unknown>>,
): S3Object | undefined {
  if (typeof payload !== 'string' || !(payloadSize in attributes || legacySize in attributes))
    return undefined
  try {
    const [type, { s3BucketName: bucket, s3Key: key }] = JSON.parse(payload)
    // S3 would answer for an empty key with the list of the bucket's objects.
    const isPointer = classes.includes(type) && [bucket, key].every(isName)
    return isPointer ? { bucket, key } : undefined
  } catch {
    return undefined
  }
}

const isName = (value: unknown) => typeof value === 'string' && value !== ''

/** Attributes without those that say that the payload is in S3. */
export function withoutPayloadSize(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { [payloadSize]: _, [legacySize]: __, ...others } = values
  return others
}
