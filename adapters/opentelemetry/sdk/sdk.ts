import { inTime, reasonOf } from '../../../kernel/adapter-kit.ts'
import { type Adapter, getLogger, type Service } from '../../../kernel/index.ts'
import { isOpenTelemetry } from '../made.ts'
import { DiagnosticLog, type Diagnostics } from './diagnostics.ts'
import { registerImportHook } from './import-hook.ts'
import { ALL, instrumentationsOf } from './instrumentations.ts'
import { type Packages, SDK } from './packages.ts'
import { providersOf, type Registry } from './providers.ts'
import { exportsLogs, faultsIn, namesService, type Variables } from './variables.ts'

const log = getLogger('tomodachi.opentelemetry')

/** How long exporters get to send what they hold when the process ends, in milliseconds. */
const longestFlush = 3_000
/** The name of a service that was given none. */
const genericName = 'service'

/** An SDK that was started for services that are loaded later. */
export interface StartedSdk {
  /** Says which services it is for. Returns the adapters that they need in addition. */
  adaptersFor(services: readonly Service[]): Promise<readonly Adapter[]>
  /** Exports what is left, and ends the SDK. Resolves within three seconds; a failure is logged. */
  flush(): Promise<void>
}

interface NodeSdk {
  shutdown(): Promise<void>
}

type Api = Registry & { readonly diag: Diagnostics }

/** Starts an SDK; what is wrong with its variables goes to the diagnostics. */
export type StartNodeSdk = (options: object) => NodeSdk

/** The function of the SDK in the project that starts it. Undefined for a release that has none. */
export async function startNodeSdkOf(packages: Packages): Promise<StartNodeSdk | undefined> {
  const { startNodeSdk } = await packages.load(SDK)
  return typeof startNodeSdk === 'function' ? (startNodeSdk as StartNodeSdk) : undefined
}

/**
 * Starts the SDK that is installed in the project, as the variables `OTEL_…` describe it, with instrumentations of other
 * libraries. What is wrong with a variable is logged.
 */
export async function startSdk(
  startNodeSdk: StartNodeSdk,
  packages: Packages,
  variables: Variables,
): Promise<StartedSdk> {
  for (const fault of faultsIn(variables)) log.warn(fault)
  const place = packages.find(SDK) as string
  // The SDK's own copy: the first one that registers something is the one for the process.
  const api = (await packages.load('@opentelemetry/api', place)) as unknown as Api
  const { diag } = api
  const diagnostics = new DiagnosticLog(variables)
  diagnostics.register(diag)
  const places = [packages.find(ALL), place].filter((path) => path !== undefined)
  await registerImportHook(packages, places)
  const instrumentations = await instrumentationsOf(packages, variables)
  const name = Promise.withResolvers<string>()
  const named = namesService(variables) ? {} : { resourceAttributes: { 'service.name': name.promise } }
  const sdk = withoutLogger(diag, () => startNodeSdk({ instrumentations, ...named }))
  return {
    async adaptersFor(services) {
      name.resolve(nameOf(services))
      if (services.some(isTraced)) return []
      const { opentelemetry } = await import('../index.ts')
      return [opentelemetry({ logs: exportsLogs(variables) })]
    },
    flush() {
      // Exports wait for it.
      name.resolve(nameOf([]))
      return flush(sdk, api, diagnostics)
    },
  }
}

/** Runs what would register a logger that prints, and leaves the registered one in place. */
function withoutLogger<Result>(diagnostics: Diagnostics, work: () => Result): Result {
  const { setLogger } = diagnostics
  diagnostics.setLogger = () => false
  try {
    return work()
  } finally {
    diagnostics.setLogger = setLogger
  }
}

/** The name of the first service that has one of its own, or else what the specification wants without any. */
function nameOf(services: readonly Service[]): string {
  const own = services.find(({ name }) => name !== genericName)
  return own?.name ?? `unknown_service:${process.argv0}`
}

function isTraced({ adapters }: Service): boolean {
  return adapters.flatMap((adapter) => [adapter, ...(adapter.needs ?? [])]).some(isOpenTelemetry)
}

async function flush(sdk: NodeSdk, api: Api, diagnostics: DiagnosticLog): Promise<void> {
  const failures = diagnostics.collect()
  const late = () => new Error(`the exporters took longer than ${longestFlush / 1_000} s`)
  const reason = await inTime(ended(sdk, api), longestFlush, late).then(() => failures[0], reasonOf)
  if (reason === undefined) return
  log.warn(`could not export everything before the end: ${diagnostics.textOf([reason])}`)
}

/** Ends the SDK, which itself waits for its signals only until the first one fails: settles when all have ended. */
async function ended(sdk: NodeSdk, api: Api): Promise<void> {
  const endings: Promise<void>[] = []
  for (const provider of providersOf(api)) {
    const { shutdown } = provider
    provider.shutdown = () => {
      const ending = shutdown.call(provider)
      endings.push(ending)
      return ending
    }
  }
  try {
    await sdk.shutdown()
  } finally {
    await Promise.allSettled(endings)
  }
}
