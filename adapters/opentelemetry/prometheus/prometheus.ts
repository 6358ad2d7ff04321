import { createServer } from 'node:net'
import { deserialize, serialize } from 'node:v8'
import type { MeterProvider } from '@opentelemetry/api'
import { checkBind, type Siblings, siblings } from '../../../kernel/adapter-kit.ts'
import { getLogger } from '../../../kernel/index.ts'
import type { Exemplars } from '../metrics/exemplars.ts'
import { familiesOf } from './collected.ts'
import { type Endpoint, openEndpoint } from './endpoint.ts'
import { type Family, labelled, merged } from './family.ts'
import type { ResolvedPrometheusOptions } from './options.ts'
import { loadMetrics, type PrometheusProvider, prometheusProvider } from './provider.ts'
import { type Measured, resourceOf } from './resource.ts'

/** Milliseconds that other workers have to say what they have measured. */
const patience = 1_000

/** The endpoint of a kernel, and what measures for it. */
export interface Prometheus {
  /** What measures for it; the global one, where there was none. */
  readonly provider: MeterProvider
  /** Undefined where nobody wants to see any. */
  readonly exemplars: Exemplars | undefined
  readonly endpoint: Endpoint
  close(): Promise<void>
}

/**
 * Opens the endpoint. `adapter` is the name of the adapter in errors. Rejects with `PACKAGE_MISSING`, `ADDRESS_IN_USE` and
 * `ADDRESS_NOT_AVAILABLE`.
 */
export async function openPrometheus(
  options: ResolvedPrometheusOptions,
  adapter: string,
  measured: Measured,
): Promise<Prometheus> {
  const provider = await prometheusProvider(adapter)
  const read = () => readFamilies(provider, options, measured)
  const workers = siblings('tomodachi.prometheus', async () => serialize(await read()).toString('base64'))
  let endpoint: Endpoint
  try {
    endpoint = await openEndpoint(options, async () => ofAll(await read(), workers))
  } catch (error) {
    workers.close()
    throw error
  }
  getLogger('tomodachi.opentelemetry').info('accepting scrapes', { url: endpoint.url })
  return {
    provider: provider.provider,
    exemplars: options.exemplars ? provider.exemplars : undefined,
    endpoint,
    async close() {
      workers.close()
      await endpoint.close()
    },
  }
}

/** Resolves when the endpoint could be opened; nobody is answered. Rejects as `openPrometheus` does. */
export async function checkPrometheus(options: ResolvedPrometheusOptions, adapter: string): Promise<void> {
  await loadMetrics(adapter)
  await checkBind(
    createServer((socket) => socket.destroy()),
    options,
  )
}

async function readFamilies(
  { collect, exemplars }: PrometheusProvider,
  { prefix, scope, target, exemplars: showsExemplars }: ResolvedPrometheusOptions,
  measured: Measured,
): Promise<Family[]> {
  const metrics = await collect()
  const resource = resourceOf(measured, metrics.resource.attributes)
  const naming = { prefix, scope, target, exemplars: showsExemplars ? exemplars : undefined }
  return familiesOf(metrics, resource, naming)
}

/** What all workers have measured, each series with its worker. A process that is not a worker stands for itself. */
async function ofAll(own: readonly Family[], workers: Siblings): Promise<readonly Family[]> {
  if (workers.own === undefined) return own
  const answers = await workers.ask(patience)
  const others = answers.map(({ worker, answer }) =>
    labelled(deserialize(Buffer.from(answer, 'base64')), 'worker', `${worker}`),
  )
  const isReplaced = answers.some(({ worker }) => worker === workers.own)
  return merged([...(isReplaced ? [] : [labelled(own, 'worker', `${workers.own}`)]), ...others])
}
