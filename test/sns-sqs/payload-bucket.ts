import { randomBytes } from 'node:crypto'
import { S3 } from '@aws-sdk/client-s3'
import type { LargePayloads, SnsSqsBus, SnsSqsOptions } from 'tomodachi/sns-sqs'
import type { Scene } from './scene.ts'

/** More than SNS takes, compressed or not. */
export const large = randomBytes(300_000).toString('base64')
/** The names of AWS's libraries for pointers and their attribute: today's, and those of version 1. */
export const libraries = [
  ['software.amazon.payloadoffloading.PayloadS3Pointer', 'ExtendedPayloadSize'],
  ['com.amazon.sqs.javamessaging.MessageS3Pointer', 'SQSLargePayloadSize'],
] as const

/** The bucket `payloads` of a scene, as others see it. */
export class Bucket {
  readonly #s3: S3

  constructor(scene: Scene) {
    scene.server.createBucket('payloads')
    this.#s3 = new S3({
      endpoint: `http://127.0.0.1:${scene.server.port}`,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      forcePathStyle: true,
    })
  }

  async keys(): Promise<readonly string[]> {
    const { Contents = [] } = await this.#s3.listObjectsV2({ Bucket: 'payloads' })
    return Contents.map(({ Key = '' }) => Key)
  }

  async get(key: string): Promise<string> {
    const { Body } = await this.#s3.getObject({ Bucket: 'payloads', Key: key })
    return (await Body?.transformToString()) ?? ''
  }

  async put(key: string, text: string): Promise<void> {
    await this.#s3.putObject({ Bucket: 'payloads', Key: key, Body: text })
  }

  async delete(key: string): Promise<void> {
    await this.#s3.deleteObject({ Bucket: 'payloads', Key: key })
  }
}

/** A bus with that bucket. */
export function busWith(
  scene: Scene,
  more: Omit<LargePayloads, 'bucket'> = {},
  options: SnsSqsOptions = {},
): SnsSqsBus {
  return scene.bus({ largePayloads: { bucket: 'payloads', ...more }, ...options })
}

/** Sends a message as AWS's library does, whose payload has been put into the bucket. */
export function sendPointer(
  scene: Scene,
  queue: string,
  key: string,
  [type, attribute]: readonly [string, string] = libraries[0],
): void {
  scene.server.sendMessage(queue, JSON.stringify([type, { s3BucketName: 'payloads', s3Key: key }]), {
    region: 'eu-west-1',
    messageAttributes: { [attribute]: { DataType: 'Number', StringValue: '300000' } },
  })
}
