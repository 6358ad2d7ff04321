import {
  type HandledSource,
  kernelOf,
  lineOfText,
  type RunningKernel,
  resolveOptions,
  type ShapesOf,
} from '../../../kernel/adapter-kit.ts'
import { type HandlerContext, type Source, TomodachiError } from '../../../kernel/index.ts'
import { json } from '../reply/json.ts'
import type { HttpParts, HttpReply } from '../reply/reply.ts'
import { ignoreLoggingOption, type RouteOptions } from './route-options.ts'

/** Where probes ask, and how they are logged. */
export interface HealthOptions {
  /** Path that answers 200 as long as the process answers. Default `/healthz`. */
  readonly live?: string | undefined
  /** Path that answers 200 when the service is ready, else 503. Default `/readyz`. */
  readonly ready?: string | undefined
  /**
   * Keeps probes out of the access log: `true` for all, or a list of statuses for those answered with one of them.
   * Default `[200]`.
   */
  readonly ignoreLogging?: boolean | readonly number[] | undefined
}

const shapes = {
  live: lineOfText('/healthz'),
  ready: lineOfText('/readyz'),
  ignoreLogging: { ...ignoreLoggingOption, standard: [200] },
} satisfies ShapesOf<HealthOptions>

/** Makes the routes of `health`: an HTTP server, or a view of it. */
export interface HealthServer {
  get(path: string, options: RouteOptions): Source
}

/**
 * The sources of a service's probes, with their own handlers: `service.on(health(api))`. No middleware runs before them,
 * and they are never shed. The answer says which adapters are not ready, why and since when, without secrets. Throws
 * `OPTION_INVALID` and `ROUTE_INVALID`.
 */
export function health(api: HealthServer, options: HealthOptions = {}): readonly HandledSource[] {
  if (typeof (api as Partial<HealthServer> | undefined)?.get !== 'function') {
    const expected = 'an HTTP server, such as the value of http()'
    throw new TomodachiError('OPTION_INVALID', { option: 'health(api)', expected, actual: typeof api })
  }
  const { live, ready, ignoreLogging } = resolveOptions('health', options, shapes)
  if (live === ready) {
    const expected = 'another path than health.live'
    throw new TomodachiError('OPTION_INVALID', { option: 'health.ready', expected, actual: ready })
  }
  const probe = (path: string, answer: (kernel: RunningKernel | undefined) => HttpParts): HandledSource => ({
    ...(api.get(path, { ignoreLogging, shed: false }) as Source<object, HttpReply>),
    use: [],
    skipsMiddleware: true,
    handle: (given) => answer(kernelOf((given as HandlerContext).service)),
  })
  return [probe(live, liveness), probe(ready, readiness)]
}

const headers = { 'cache-control': 'no-store' }

function liveness(kernel: RunningKernel | undefined): HttpParts {
  return json({ live: true, state: kernel?.state }, { headers })
}

function readiness(kernel: RunningKernel | undefined): HttpParts {
  const { ready = false, state, problems = [] } = kernel ?? {}
  const names = Object.keys(kernel?.adapterContexts() ?? {})
  const adapters = (kernel?.adapters() ?? []).map(({ ready: isReady = true }, index) => {
    const name = names[index]
    const own = problems.filter(({ adapter }) => adapter === name)
    const told = own.map(({ part, reason, since }) => ({ part, reason, since }))
    return { adapter: name, ready: isReady, ...(told.length > 0 && { problems: told }) }
  })
  return json({ ready, state, adapters }, { status: ready ? 200 : 503, headers })
}
