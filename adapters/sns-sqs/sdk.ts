import type { SNS } from '@aws-sdk/client-sns'
import type { SQS } from '@aws-sdk/client-sqs'
import type { STS } from '@aws-sdk/client-sts'
import { reasonOf } from '../../kernel/adapter-kit.ts'
import { type Bus, type BusEvent, TomodachiError } from '../../kernel/index.ts'
import type { Credentials, ResolvedOptions } from './options.ts'

/** One call of the API: what AWS bills by. */
export interface AwsCall {
  /** Name of the adapter. */
  readonly adapter: string
  /** `sns`, `sqs` or `sts`. */
  readonly service: string
  /** Such as `ReceiveMessage`. */
  readonly operation: string
  readonly milliseconds: number
  /** Undefined when it went well. */
  readonly error: unknown
}

/** The event of each call, for `kernel.bus.on(awsCall, …)`. */
export const awsCall: BusEvent<AwsCall> = 'aws-call'

/** The clients of the SDK. They never try again by themselves: whoever calls knows better. */
export interface Aws {
  readonly sns: SNS
  readonly sqs: SQS
  /** For receives alone, so that whatever else is to be said need not wait for one to end. */
  readonly polls: SQS
  readonly sts: STS
  region(): Promise<string>
  /** Rejects when there is no region, or there are no credentials. */
  prepare(): Promise<void>
  /** Ends every call that is under way. */
  close(): void
}

/** What the clients of all services are made with. */
interface ClientConfig {
  readonly region?: string
  readonly credentials?: Credentials
  readonly endpoint?: string
  /** Only for SQS. */
  readonly useQueueUrlAsEndpoint?: boolean
  readonly maxAttempts: number
  readonly requestHandler: {
    readonly connectionTimeout: number
    readonly requestTimeout: number
    readonly throwOnRequestTimeout: boolean
    readonly httpAgent: { readonly keepAlive: boolean; readonly maxSockets: number }
    readonly httpsAgent: { readonly keepAlive: boolean; readonly maxSockets: number }
  }
}

/** Connections to one service, as many as boto keeps for the Python library. */
const maxSockets = 50
const connectionTimeout = 8_000

/** AWS SDKs and Tools Reference Guide, "Service-specific endpoints". */
function isEndpointInEnvironment(): boolean {
  const { AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS } = process.env
  return Boolean(AWS_ENDPOINT_URL_SQS || AWS_ENDPOINT_URL) && AWS_IGNORE_CONFIGURED_ENDPOINT_URLS !== 'true'
}

/**
 * Loads the SDK and makes its clients. Rejects with `PACKAGE_MISSING` when the SDK is not installed. `endpoint` is that
 * of the emulator, in place of AWS.
 */
export async function connectAws(
  options: ResolvedOptions,
  bus: Bus,
  endpoint: string | undefined,
): Promise<Aws> {
  const { SNS, SQS, STS } = await load(options.name)
  const { waitTime, requestTimeout, regionName, credentials, endpointUrls } = options
  const { sns: snsUrl, sqs: sqsUrl, sts: stsUrl = snsUrl } = endpointUrls
  const emulated = {
    region: 'us-east-1',
    credentials: { accessKeyId: 'embedded', secretAccessKey: 'embedded' },
  }
  const common = {
    ...(endpoint === undefined ? {} : emulated),
    ...(regionName === undefined ? {} : { region: regionName }),
    ...(credentials === undefined ? {} : { credentials }),
    // Whoever names an endpoint in the environment means that one, whatever the URL of a queue says.
    ...(isEndpointInEnvironment() ? { useQueueUrlAsEndpoint: false } : {}),
    maxAttempts: 1,
  }
  const config = (url: string | undefined, timeout: number, sockets: number): ClientConfig => ({
    ...common,
    // With this one the SDK goes there by itself.
    ...((endpoint ?? url) === undefined ? {} : { endpoint: (endpoint ?? url) as string }),
    requestHandler: {
      connectionTimeout,
      requestTimeout: timeout,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: sockets },
      httpsAgent: { keepAlive: true, maxSockets: sockets },
    },
  })
  const clients = {
    sns: new SNS(config(snsUrl, requestTimeout, maxSockets)),
    sqs: new SQS(config(sqsUrl, requestTimeout, maxSockets)),
    polls: new SQS(config(sqsUrl, waitTime * 1_000 + requestTimeout, Number.POSITIVE_INFINITY)),
    sts: new STS(config(stsUrl, requestTimeout, maxSockets)),
  }
  watch(clients.sns, 'sns', options.name, bus)
  watch(clients.sqs, 'sqs', options.name, bus)
  watch(clients.polls, 'sqs', options.name, bus)
  watch(clients.sts, 'sts', options.name, bus)
  return {
    ...clients,
    region: async () => clients.sqs.config.region(),
    async prepare() {
      await clients.sqs.config.region()
      await clients.sqs.config.credentials()
    },
    close() {
      for (const client of Object.values(clients)) client.destroy()
    },
  }
}

async function load(adapter: string) {
  try {
    const [{ SNS }, { SQS }, { STS }] = await Promise.all([
      import('@aws-sdk/client-sns'),
      import('@aws-sdk/client-sqs'),
      import('@aws-sdk/client-sts'),
    ])
    return { SNS, SQS, STS }
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND' || !/@aws-sdk/.test(reasonOf(error)))
      throw error
    const packages = '@aws-sdk/client-sns @aws-sdk/client-sqs @aws-sdk/client-sts'
    throw new TomodachiError('PACKAGE_MISSING', { adapter, packages }, { cause: error })
  }
}

type Handler = (request: unknown) => Promise<unknown>

/** The part of a client's middleware that is used here, without the types of its service. */
interface Stack {
  add(
    middleware: (next: Handler, context: { readonly commandName?: string }) => Handler,
    options: { readonly step: 'initialize'; readonly name: string },
  ): void
}

/** Has each call of a client told to those who watch. */
function watch(client: SNS | SQS | STS, service: string, adapter: string, bus: Bus): void {
  const stack = client.middlewareStack as unknown as Stack
  stack.add(
    (next, { commandName = '' }) =>
      async (request) => {
        if (!bus.watched(awsCall)) return next(request)
        const started = performance.now()
        const operation = commandName.replace(/Command$/, '')
        const tell = (error: unknown) =>
          bus.emit(awsCall, { adapter, service, operation, milliseconds: performance.now() - started, error })
        try {
          const result = await next(request)
          tell(undefined)
          return result
        } catch (error) {
          tell(error)
          throw error
        }
      },
    { step: 'initialize', name: 'tomodachiCalls' },
  )
}
