import type { SNS } from '@aws-sdk/client-sns'
import type { SQS } from '@aws-sdk/client-sqs'
import type { STS } from '@aws-sdk/client-sts'
import { loadPackage } from '../../../kernel/adapter-kit.ts'
import type { Bus } from '../../../kernel/index.ts'
import { awsCall } from './aws-call.ts'
import { guarded } from './credentials.ts'
import { isExpired } from './errors.ts'
import { guard } from './guard.ts'
import type { ResolvedOptions } from './options.ts'

/** The clients of the SDK. They never retry by themselves, because the caller knows better when to. */
export interface Aws {
  readonly sns: SNS
  readonly sqs: SQS
  /** Only for receives, so that no other call waits for one to end. */
  readonly polls: SQS
  readonly sts: STS
  /** The region of the clients, once they are prepared. */
  readonly region: string
  /** The client for topics of a region. */
  snsIn(region: string): SNS
  /** Rejects without a region or without credentials. */
  prepare(): Promise<void>
  /** Ends every call that is under way. */
  close(): void
}

const packages = '@aws-sdk/client-sns @aws-sdk/client-sqs @aws-sdk/client-sts'
/** Connections to one service: as many as the Python library has. */
const maxSockets = 50
const connectionTimeout = 8_000

/** Loads the SDK and makes its clients; `endpoint` is that of the emulator. Rejects with `PACKAGE_MISSING`. */
export async function connectAws(
  options: ResolvedOptions,
  bus: Bus,
  endpoint: string | undefined,
): Promise<Aws> {
  const [{ SNS }, { SQS }, { STS }] = await loadPackage(options.name, packages, () =>
    Promise.all([
      import('@aws-sdk/client-sns'),
      import('@aws-sdk/client-sqs'),
      import('@aws-sdk/client-sts'),
    ]),
  )
  const { waitTime, requestTimeout, endpointUrls } = options
  const { sns: snsUrl, sqs: sqsUrl, sts: stsUrl = snsUrl } = endpointUrls
  const config = configs(options, endpoint)
  const clients = {
    sns: new SNS(config(snsUrl)),
    sqs: new SQS(config(sqsUrl)),
    polls: new SQS(config(sqsUrl, waitTime + requestTimeout, Number.POSITIVE_INFINITY)),
    sts: new STS(config(stsUrl)),
  }
  const equip = (client: SNS | SQS | STS, service: string) => {
    // A proxy may send the head of the answer to a poll at once.
    guard(client, service === 'polls' ? waitTime + requestTimeout : requestTimeout)
    watch(client, service === 'polls' ? 'sqs' : service, options.name, bus)
  }
  for (const [service, client] of Object.entries(clients)) equip(client, service)
  const byRegion = new Map<string, SNS>()
  let ownRegion = ''
  return {
    ...clients,
    get region() {
      return ownRegion
    },
    snsIn(region) {
      const known = region === ownRegion ? clients.sns : byRegion.get(region)
      if (known) return known
      const client = new SNS({ ...config(snsUrl), region })
      equip(client, 'sns')
      byRegion.set(region, client)
      return client
    },
    async prepare() {
      ownRegion = await clients.sqs.config.region()
      await clients.sqs.config.credentials()
    },
    close() {
      for (const client of [...Object.values(clients), ...byRegion.values()]) client.destroy()
    },
  }
}

/** The configuration of clients, by their URL, their timeout and how many connections they may have. */
function configs({ requestTimeout, regionName, credentials: given }: ResolvedOptions, endpoint?: string) {
  const credentials = typeof given === 'function' ? guarded(given, requestTimeout) : given
  const emulated = {
    region: 'us-east-1',
    credentials: { accessKeyId: 'embedded', secretAccessKey: 'embedded' },
  }
  const common = {
    ...(endpoint === undefined ? {} : emulated),
    ...(regionName === undefined ? {} : { region: regionName }),
    ...(credentials === undefined ? {} : { credentials }),
    // An endpoint in the environment or in the profile takes precedence over the URL of a queue.
    useQueueUrlAsEndpoint: false,
    maxAttempts: 1,
  }
  return (url: string | undefined, timeout = requestTimeout, sockets = maxSockets) => ({
    ...common,
    // Without one the SDK looks in the environment and the profile.
    ...((endpoint ?? url) === undefined ? {} : { endpoint: (endpoint ?? url) as string }),
    requestHandler: {
      connectionTimeout,
      requestTimeout: timeout,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: sockets },
      httpsAgent: { keepAlive: true, maxSockets: sockets },
    },
  })
}

/** Asks for credentials again that AWS says have expired: their provider may not know when they do. */
async function refresh({ config }: SQS): Promise<void> {
  await config.credentials({ forceRefresh: true }).catch(() => {})
}

/** Emits `awsCall` for each call of a client, if anybody listens. */
function watch(client: SNS | SQS | STS, service: string, adapter: string, bus: Bus): void {
  const { middlewareStack } = client as SQS
  middlewareStack.add(
    (next, { commandName = '' }) =>
      async (request) => {
        const started = performance.now()
        const operation = commandName.replace(/Command$/, '')
        let failure: unknown
        try {
          return await next(request)
        } catch (error) {
          failure = error
          if (isExpired(error)) await refresh(client as SQS)
          throw error
        } finally {
          const milliseconds = performance.now() - started
          if (bus.watched(awsCall))
            bus.emit(awsCall, { adapter, service, operation, milliseconds, error: failure })
        }
      },
    { step: 'initialize', name: 'tomodachiCalls' },
  )
}
