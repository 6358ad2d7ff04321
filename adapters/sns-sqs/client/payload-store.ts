import { constants } from 'node:buffer'
import type { Readable } from 'node:stream'
import type { S3 } from '@aws-sdk/client-s3'
import { inTime, loadPackage } from '../../../kernel/adapter-kit.ts'
import { DeadLetter, TomodachiError } from '../../../kernel/index.ts'
import { awsError, isTransient, saidBy } from './errors.ts'
import { watchWriting } from './guard.ts'
import type { ResolvedOptions } from './options.ts'
import type { Aws } from './sdk.ts'

/** How long an object may take to be read or written, in milliseconds. */
const patience = 300_000

/** An object of S3. */
export interface S3Object {
  readonly bucket: string
  readonly key: string
}

/** A payload that is to be in S3 before the message that points to it is sent. */
export interface PayloadToStore {
  readonly object: S3Object
  readonly text: string
}

type S3Package = typeof import('@aws-sdk/client-s3')

/** Loads the client of S3. Rejects with `PACKAGE_MISSING`. */
export function loadS3(adapter: string): Promise<S3Package> {
  return loadPackage(adapter, '@aws-sdk/client-s3', () => import('@aws-sdk/client-s3'))
}

/** Payloads in S3. */
export class PayloadStore {
  readonly #s3: S3
  readonly #stored = new WeakSet<PayloadToStore>()

  /** Region and credentials are those of SQS. `emulator` is the URL of the emulator in this process. */
  constructor(
    { S3 }: S3Package,
    { region, credentials }: Aws['sqs']['config'],
    { endpointUrls, requestTimeout }: ResolvedOptions,
    emulator: string | undefined,
  ) {
    const { s3 = endpointUrls.sns } = endpointUrls
    const endpoint = emulator ?? s3
    const inEnvironment = process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL
    this.#s3 = new S3({
      region,
      credentials,
      ...(endpoint === undefined ? {} : { endpoint }),
      // Emulators and private endpoints have no host name for each bucket.
      forcePathStyle: (endpoint ?? inEnvironment) !== undefined,
      followRegionRedirects: true,
      requestHandler: { connectionTimeout: requestTimeout },
    })
    watchWriting(this.#s3)
  }

  /** Writes a payload, once. Rejects with an error of the SDK if the same call may succeed later. */
  async put(payload: PayloadToStore): Promise<void> {
    if (this.#stored.has(payload)) return
    const { object, text: Body } = payload
    try {
      await this.#inTime(this.#s3.putObject({ ...namesOf(object), Body }))
    } catch (error) {
      throw isTransient(error) ? error : refused('write', object, error)
    }
    this.#stored.add(payload)
  }

  /** Reads a payload. Rejects with `DeadLetter` if there is no such object, or too large a one. */
  async get(object: S3Object): Promise<string> {
    const reading = async () => {
      const { Body, ContentLength = 0 } = await this.#s3.getObject(namesOf(object))
      if (ContentLength <= constants.MAX_STRING_LENGTH) return (await Body?.transformToString()) ?? ''
      ;(Body as Readable).destroy()
      throw new DeadLetter(
        `the payload ${urlOf(object)} has ${ContentLength} bytes, more than a text can have`,
      )
    }
    try {
      return await this.#inTime(reading())
    } catch (error) {
      if (error instanceof DeadLetter) throw error
      if ((error as Error).name === 'NoSuchKey') throw gone(object, error)
      throw isTransient(error) ? awsError(error, `reading ${urlOf(object)}`) : refused('read', object, error)
    }
  }

  /** Deletes an object. Deleting one that is gone succeeds. */
  async delete(object: S3Object): Promise<void> {
    try {
      await this.#s3.deleteObject(namesOf(object))
    } catch (error) {
      throw isTransient(error)
        ? awsError(error, `deleting ${urlOf(object)}`)
        : refused('delete', object, error)
    }
  }

  close(): void {
    this.#s3.destroy()
  }

  #inTime<Result>(work: Promise<Result>): Promise<Result> {
    return inTime(work, patience, () => new Error(`S3 took longer than ${patience / 60_000} minutes`))
  }
}

function namesOf({ bucket, key }: S3Object) {
  return { Bucket: bucket, Key: key }
}

function urlOf({ bucket, key }: S3Object): string {
  return `s3://${bucket}/${key}`
}

function gone(object: S3Object, cause: unknown): DeadLetter {
  const missing = new TomodachiError('PAYLOAD_OBJECT_MISSING', { object: urlOf(object) }, { cause })
  return new DeadLetter(missing.message, { cause: missing })
}

const permissions = { read: 's3:GetObject', write: 's3:PutObject', delete: 's3:DeleteObject' } as const

function refused(operation: keyof typeof permissions, object: S3Object, cause: unknown): TomodachiError {
  const permission = permissions[operation]
  const values = { operation, object: urlOf(object), permission, reason: saidBy(cause) }
  return new TomodachiError('PAYLOAD_STORE_REFUSED', values, { cause })
}
