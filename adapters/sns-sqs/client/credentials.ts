import { inTime } from '../../../kernel/adapter-kit.ts'
import { saidBy } from './errors.ts'

/** Credentials of AWS, as the SDK writes them. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

type Provider = () => Promise<AwsCredentials>

/** Whether a value has the two keys that credentials cannot do without. */
export function areCredentials(value: unknown): value is AwsCredentials {
  const { accessKeyId, secretAccessKey } = (value ?? {}) as Partial<AwsCredentials>
  return [accessKeyId, secretAccessKey].every((text) => typeof text === 'string' && text !== '')
}

/**
 * A provider that answers within `patience` milliseconds, or rejects: the SDK asks no second time while it waits for the
 * first. A failure may pass; what is not credentials counts as refused ones.
 */
export function guarded(provider: Provider, patience: number): Provider {
  // The SDK gives a provider what it knows of the client.
  return async (...given: []) => {
    const tooLate = () => new Error(`it did not answer within ${patience} ms`)
    const asking = (async () => provider(...given))()
    const credentials = await inTime(asking, patience, tooLate).catch((cause: unknown) => {
      throw new Error(`the function given as credentials failed: ${saidBy(cause)}`, { cause })
    })
    if (areCredentials(credentials)) return credentials
    const missing = 'the function given as credentials returned no { accessKeyId, secretAccessKey }'
    throw Object.assign(new Error(missing), { name: 'CredentialsProviderError' })
  }
}
