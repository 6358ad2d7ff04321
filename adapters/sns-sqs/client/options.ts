import type { Format } from '../../../envelopes/index.ts'
import { TomodachiError } from '../../../kernel/index.ts'

/** Where the services of AWS are, for emulators and private endpoints. */
export interface EndpointUrls {
  readonly sns?: string
  readonly sqs?: string
  /** Default: that of SNS, where one is given. */
  readonly sts?: string
}

/** Options of an SNS+SQS bus; each default in its line. */
export interface SnsSqsOptions {
  /** Names the adapter in addresses, logs and `getContext()`. Default `sns-sqs`. */
  readonly name?: string
  /** Default: what the SDK finds in environment and profile. */
  readonly regionName?: string
  /** Default: what the SDK finds: environment, profile, container, instance. */
  readonly awsAccessKeyId?: string
  readonly awsSecretAccessKey?: string
  /** Of temporary credentials. */
  readonly awsSessionToken?: string
  readonly endpointUrls?: EndpointUrls
  /** Stands before every name of a topic. Default none. */
  readonly topicPrefix?: string
  /** Stands before every name of a queue. Default none. */
  readonly queueNamePrefix?: string
  /** Key that encrypts topics at rest: id, ARN or alias. `false` or `''` for none; left as it is when not given. */
  readonly snsKmsMasterKeyId?: string | false | null
  /** Key that encrypts queues at rest: id, ARN or alias. `false` or `''` for none; left as it is when not given. */
  readonly sqsKmsMasterKeyId?: string | false | null
  /** Seconds that SQS uses a data key again, 60 to 86,400. Left as it is when not given. */
  readonly sqsKmsDataKeyReusePeriod?: number | null
  /** Source ARN in the policy of a queue, which may have wildcards. Default: the ARN of its topic. */
  readonly queuePolicy?: string | null
  /** The same for a queue of several topics. Default: what their ARNs begin with, and `*`. */
  readonly wildcardQueuePolicy?: string | null
  /**
   * Whether topics, queues, policies and subscriptions are made and changed; false uses what exists, and fails where
   * something is missing. Default true.
   */
  readonly declare?: boolean
  /**
   * Starts the emulator fauxqs in this process, in place of AWS: for development and tests. With `dataDir`, a folder,
   * messages survive a restart. Default false.
   */
  readonly embedded?: boolean | { readonly dataDir?: string }
  /** Seconds that a receive waits for messages, 1 to 20; at a stop the last one is waited for. Default 20; embedded 1. */
  readonly waitTime?: number
  /** How long AWS may take to answer a call, in milliseconds, beside the wait of receives. Default 10,000. */
  readonly requestTimeout?: number
  /** How long calls are tried again at the start, in milliseconds, before the service fails. Default 4,000. */
  readonly startTimeout?: number
  /** How long a message waits for others that go in the same call, in milliseconds. Default 5. */
  readonly publishLinger?: number
  /** Messages of the whole bus that may be under way, with those that fill the last call up. Default 256. */
  readonly publishWindow?: number
  /** Messages of the whole bus that may wait for that before `publish` rejects. Default 10,000. */
  readonly publishQueue?: number
  /** How long a message may take to be confirmed, in milliseconds, waiting included. Default 30,000. */
  readonly publishTimeout?: number
  /** Wire format of topics that name none. Default `jsonBase()`. */
  readonly envelope?: Format
}

/** The same options, checked, with the defaults filled in. */
export type ResolvedOptions = ReturnType<typeof resolveOptions>

interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

const largest = 2 ** 31 - 1

/** Options that are whole numbers: default, least and most. */
const limits = {
  waitTime: [20, 1, 20],
  requestTimeout: [10_000, 1, largest],
  startTimeout: [4_000, 0, largest],
  publishLinger: [5, 0, 60_000],
  publishWindow: [256, 1, largest],
  publishQueue: [10_000, 0, largest],
  publishTimeout: [30_000, 1, largest],
} as const

type Limits = { readonly [Option in keyof typeof limits]: number }

/** Checks the options and fills in the defaults. Throws `OPTION_INVALID`. */
export function resolveOptions(options: SnsSqsOptions) {
  const {
    name = 'sns-sqs',
    regionName,
    awsAccessKeyId,
    awsSecretAccessKey,
    awsSessionToken,
    endpointUrls = {},
    topicPrefix = '',
    queueNamePrefix = '',
    snsKmsMasterKeyId,
    sqsKmsMasterKeyId,
    sqsKmsDataKeyReusePeriod,
    queuePolicy,
    wildcardQueuePolicy,
    declare = true,
    embedded: emulator = false,
    envelope,
    ...others
  } = options
  const embedded = embeddedIn(emulator)
  checkTexts({ name, topicPrefix, queueNamePrefix })
  checkTexts({ regionName, queuePolicy, wildcardQueuePolicy }, true)
  checkNumber('sqsKmsDataKeyReusePeriod', sqsKmsDataKeyReusePeriod ?? 60, 60, 86_400)
  if (typeof declare !== 'boolean') refuse('declare', 'true or false', declare)
  checkUrls(endpointUrls)
  return {
    ...limitsIn(others, embedded ? { waitTime: 1 } : {}),
    name,
    regionName,
    credentials: credentialsOf(awsAccessKeyId, awsSecretAccessKey, awsSessionToken),
    endpointUrls,
    topicPrefix,
    queueNamePrefix,
    // Empty for no encryption; undefined to leave it as it is.
    snsKmsMasterKeyId: keyOf('snsKmsMasterKeyId', snsKmsMasterKeyId),
    sqsKmsMasterKeyId: keyOf('sqsKmsMasterKeyId', sqsKmsMasterKeyId),
    sqsKmsDataKeyReusePeriod: sqsKmsDataKeyReusePeriod ?? undefined,
    queuePolicy: queuePolicy ?? undefined,
    wildcardQueuePolicy: wildcardQueuePolicy ?? undefined,
    declare,
    embedded,
    envelope,
  }
}

/** The options that are numbers, all that are left. */
function limitsIn(options: Partial<Limits>, defaults: Partial<Limits>): Limits {
  const values: Partial<Record<keyof Limits, number>> = {}
  for (const [option, value] of Object.entries(options))
    if (!Object.hasOwn(limits, option)) refuse(option, 'left out, as snsSqs() has no such option', value)
  for (const [option, [standard, least, most]] of Object.entries(limits)) {
    const key = option as keyof Limits
    const value = options[key] ?? defaults[key] ?? standard
    checkNumber(option, value, least, most)
    values[key] = value
  }
  return values as Limits
}

function embeddedIn(embedded: unknown): { readonly dataDir?: string } | undefined {
  if (typeof embedded === 'boolean') return embedded ? {} : undefined
  const { dataDir, ...unknown } = (embedded ?? { wrong: embedded }) as Record<string, unknown>
  const known = typeof embedded === 'object' && Object.keys(unknown).length === 0
  if (!known || (dataDir !== undefined && (typeof dataDir !== 'string' || dataDir === '')))
    refuse('embedded', 'true, false or { dataDir: a folder }', embedded)
  return dataDir === undefined ? {} : { dataDir: dataDir as string }
}

/** The secret must not be shown, whatever is wrong with it. */
function credentialsOf(id: unknown, secret: unknown, token: unknown): Credentials | undefined {
  if (id === undefined && secret === undefined && token === undefined) return undefined
  if (typeof id !== 'string' || id === '')
    refuse('awsAccessKeyId', 'given with awsSecretAccessKey', 'left out')
  if (typeof secret !== 'string' || secret === '')
    refuse('awsSecretAccessKey', 'given with awsAccessKeyId', 'left out')
  if (token !== undefined && typeof token !== 'string')
    refuse('awsSessionToken', 'a string', 'something else')
  const credentials = { accessKeyId: id as string, secretAccessKey: secret as string }
  return token === undefined ? credentials : { ...credentials, sessionToken: token as string }
}

function keyOf(option: string, key: unknown): string | undefined {
  if (key === undefined || key === null) return undefined
  if (key === false) return ''
  if (typeof key !== 'string') refuse(option, 'the id, the ARN or the alias of a key, or false', key)
  return key as string
}

function checkUrls(urls: EndpointUrls): void {
  for (const [service, url] of Object.entries(urls)) {
    const known = ['sns', 'sqs', 'sts'].includes(service)
    if (!known) refuse(`endpointUrls.${service}`, 'left out, as there is no such option', url)
    if (url !== undefined && (typeof url !== 'string' || !/^https?:/.test(url) || !URL.canParse(url)))
      refuse(`endpointUrls.${service}`, 'a URL such as http://127.0.0.1:4566', url)
  }
}

function checkTexts(texts: Readonly<Record<string, unknown>>, optional = false): void {
  for (const [option, value] of Object.entries(texts)) {
    if (optional && (value === undefined || value === null)) continue
    if (typeof value !== 'string' || /[\r\n\0]/.test(value)) refuse(option, 'a string of one line', value)
  }
}

function checkNumber(option: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    refuse(option, `an integer from ${least} to ${most}`, value)
}

function refuse(option: string, expected: string, actual: unknown): never {
  throw new TomodachiError('OPTION_INVALID', { option: `snsSqs.${option}`, expected, actual })
}
