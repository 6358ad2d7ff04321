import type { MessageBusOptions, OptionShape, ShapesOf } from '../../../kernel/adapter-kit.ts'
import {
  busOptionShapes,
  duration,
  flag,
  lineOfText,
  optionShape,
  options,
  orNull,
  record,
  refuseBeside,
  requireTogether,
  resolveOptions,
  secret,
  urlOf,
} from '../../../kernel/adapter-kit.ts'
import type { Duration } from '../../../kernel/index.ts'
import { type AwsCredentials, areCredentials } from './credentials.ts'
import { type LargePayloads, largePayloadsOption } from './large-payloads.ts'

/** URLs of the AWS services, for emulators and private endpoints. */
export interface EndpointUrls {
  readonly sns?: string | undefined
  readonly sqs?: string | undefined
  /** Default: the URL of SNS, if you give one. */
  readonly sts?: string | undefined
  /** Default: the URL of SNS, if you give one. */
  readonly s3?: string | undefined
}

/** Options of an SNS+SQS bus. Each comment names the default. */
export interface SnsSqsOptions extends Omit<MessageBusOptions, 'name' | 'inspectionInterval'> {
  /** Name of the adapter in addresses, logs and `getContext()`. Default `sns-sqs`. */
  readonly name?: string | undefined
  /** AWS region. Default: what the SDK finds in the environment or profile. */
  readonly regionName?: string | undefined
  /**
   * Required together with `awsSecretAccessKey`. Default: what the SDK finds in the environment, profile, container or
   * instance.
   */
  readonly awsAccessKeyId?: string | undefined
  readonly awsSecretAccessKey?: string | undefined
  /** Session token of temporary credentials. */
  readonly awsSessionToken?: string | undefined
  /**
   * Credentials, or a function that returns them, such as a provider of `@aws-sdk/credential-providers`. The function is
   * called again before they expire, and when AWS says that they have expired. Takes the place of the keys above.
   */
  readonly credentials?: AwsCredentials | (() => Promise<AwsCredentials>) | undefined
  readonly endpointUrls?: EndpointUrls | undefined
  /** Prefix of every topic name. Default none. */
  readonly topicPrefix?: string | undefined
  /** Prefix of every queue name. Default none. */
  readonly queueNamePrefix?: string | undefined
  /** Key that encrypts topics at rest: id, ARN or alias. `false` or `''` for none. If left out, topics keep theirs. */
  readonly snsKmsMasterKeyId?: string | false | null | undefined
  /** Key that encrypts queues at rest: id, ARN or alias. `false` or `''` for none. If left out, queues keep theirs. */
  readonly sqsKmsMasterKeyId?: string | false | null | undefined
  /** How long SQS reuses a data key, from 1 minute to 1 day in whole seconds. If left out, queues keep their setting. */
  readonly sqsKmsDataKeyReusePeriod?: Duration | null | undefined
  /** Tags of the topics and queues that the bus creates. Those that exist get them too, and keep their others. */
  readonly tags?: Readonly<Record<string, string>> | undefined
  /** Source ARN in the policy of a queue; it may have wildcards. Default: the ARN of the queue's topic. */
  readonly queuePolicy?: string | null | undefined
  /** Source ARN in the policy of a queue of several topics. Default: the common beginning of their ARNs, and `*`. */
  readonly wildcardQueuePolicy?: string | null | undefined
  /**
   * Whether the bus creates and changes topics, queues, policies and subscriptions. With `false` it uses only existing
   * ones. Default `true`.
   */
  readonly declare?: boolean | undefined
  /**
   * Runs the emulator fauxqs in this process instead of AWS. It keeps messages in the folder `dataDir` if you give one.
   * Default `false`.
   */
  readonly embedded?: boolean | Embedded | undefined
  /**
   * Puts payloads that are too large for SNS and SQS into S3, and reads them from there, in the format of the Amazon SQS
   * Extended Client Library. If left out, a message that is too large is an error.
   */
  readonly largePayloads?: LargePayloads | undefined
  /**
   * How long a receive waits for messages, from 1 to 20 whole seconds. A stop waits for the last receive, so a shorter
   * `drainTimeout` of the service shortens it too. Default `20s`; embedded 1 s.
   */
  readonly waitTime?: Duration | undefined
  /** How long AWS may take to answer a call, not counting the wait of a receive. Default `10s`. */
  readonly requestTimeout?: Duration | undefined
  /** How long a message waits for others to share a call with. Default `5ms`. */
  readonly publishLinger?: Duration | undefined
}

/** An emulator that runs in this process. */
interface Embedded {
  readonly dataDir?: string | undefined
}

const url = urlOf(['http:', 'https:'], 'http://127.0.0.1:4566')
const endpointShapes = {
  sns: url,
  sqs: url,
  sts: url,
  s3: url,
} satisfies ShapesOf<EndpointUrls>
// A check costs calls, so there is no option for more of them.
const { inspectionInterval: _, ...busShapes } = busOptionShapes

const shapes = {
  ...busShapes,
  name: lineOfText('sns-sqs'),
  regionName: lineOfText(undefined),
  awsAccessKeyId: secret(lineOfText(undefined)),
  awsSecretAccessKey: secret(lineOfText(undefined)),
  awsSessionToken: secret(lineOfText(undefined)),
  credentials: secret(credentialsOption()),
  endpointUrls: options(endpointShapes),
  topicPrefix: lineOfText('', { empty: true }),
  queueNamePrefix: lineOfText('', { empty: true }),
  snsKmsMasterKeyId: kmsKeyOption(),
  sqsKmsMasterKeyId: kmsKeyOption(),
  sqsKmsDataKeyReusePeriod: orNull(duration(undefined, { least: '1m', most: '1d', step: '1s' })),
  tags: record<Readonly<Record<string, string>>>(
    'an object of texts by name',
    (value) => typeof value === 'string',
  ),
  queuePolicy: orNull(lineOfText(undefined)),
  wildcardQueuePolicy: orNull(lineOfText(undefined)),
  declare: flag(true),
  embedded: embeddedOption(),
  largePayloads: largePayloadsOption,
  waitTime: duration('20s', { least: '1s', most: '20s', step: '1s' }),
  requestTimeout: duration('10s', { least: 1 }),
  publishLinger: duration('5ms', { most: '1m' }),
} satisfies ShapesOf<SnsSqsOptions>

/** As the SDK calls them. */
const renamed = { region: 'regionName', endpoint: 'endpointUrls' }

/** The same options, checked, with the defaults filled in. Durations are in milliseconds. */
export type ResolvedOptions = ReturnType<typeof resolveSnsSqsOptions>

/** Checks the options and fills in the defaults. Throws `OPTION_INVALID`. */
export function resolveSnsSqsOptions(given: SnsSqsOptions) {
  const { awsAccessKeyId, awsSecretAccessKey, awsSessionToken, ...own } = resolveOptions(
    'snsSqs',
    given,
    shapes,
    { renamed },
  )
  if (own.credentials)
    refuseBeside('snsSqs', 'credentials', { awsAccessKeyId, awsSecretAccessKey, awsSessionToken })
  requireTogether(given, 'awsAccessKeyId', 'awsSecretAccessKey')
  if (awsSessionToken !== undefined) requireTogether(given, 'awsSessionToken', 'awsAccessKeyId')
  const waitTime = given.waitTime === undefined && own.embedded ? 1_000 : own.waitTime
  const keys = awsAccessKeyId !== undefined && {
    accessKeyId: awsAccessKeyId,
    secretAccessKey: awsSecretAccessKey as string,
    ...(awsSessionToken !== undefined && { sessionToken: awsSessionToken }),
  }
  return { ...withoutNull(own), waitTime, credentials: own.credentials ?? (keys || undefined) }
}

/** Null counts as left out, as in the Python library. */
function withoutNull<Values extends object>(values: Values) {
  const given = Object.entries(values).filter(([, value]) => value !== null)
  return Object.fromEntries(given) as { readonly [Name in keyof Values]: Exclude<Values[Name], null> }
}

function credentialsOption(): OptionShape<SnsSqsOptions['credentials']> {
  const expected =
    '{ accessKeyId, secretAccessKey, sessionToken }, or a function that returns a promise of them'
  return optionShape<SnsSqsOptions['credentials']>(undefined, expected, (value) => {
    if (typeof value === 'function') return value as () => Promise<AwsCredentials>
    return areCredentials(value) ? value : undefined
  })
}

/** An empty text for no encryption; undefined to leave it as it is. */
function kmsKeyOption(): OptionShape<string | null | undefined> {
  const { read } = lineOfText(undefined, { empty: true })
  return orNull({
    standard: undefined,
    expected: 'the id, the ARN or the alias of a key, or false',
    read: (value, ...place) => read(value === false ? '' : value, ...place),
  })
}

function embeddedOption(): OptionShape<Embedded | false> {
  const { read } = options({ dataDir: lineOfText(undefined) } satisfies ShapesOf<Embedded>)
  return {
    standard: false,
    expected: 'true, false or { dataDir: a folder }',
    read: (value, ...place) => (typeof value === 'boolean' ? value && {} : read(value, ...place)),
  }
}
