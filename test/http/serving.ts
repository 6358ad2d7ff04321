import { configureLogging, Kernel, type Service } from 'tomodachi'
import { type Http, http } from 'tomodachi/http'
import { exchange, type RawResponse, requestText } from './raw-client.ts'

export { until } from '../until.ts'

configureLogging({ level: 'info', logger: 'disabled' })

const running = new Set<Kernel>()

/** Runs services in a kernel that leaves the test's process alone, until `stopAll`. */
export async function serve(...services: readonly Service<unknown>[]): Promise<Kernel> {
  const kernel = new Kernel(services, { ownsProcess: false })
  await kernel.start()
  running.add(kernel)
  return kernel
}

/** Serves one service on a free port of its own, until `stopAll`. */
export async function serving(service: (api: Http) => Service): Promise<Http> {
  const api = http({ port: 0 })
  await serve(service(api))
  return api
}

/** A handler that throws this. */
export const throwing = (error: unknown) => () => {
  throw error
}

/** Stops what `serve` has started, and goes back to silence: for `after.each`. */
export async function stopAll(): Promise<void> {
  const kernels = [...running]
  running.clear()
  await Promise.all(kernels.map((kernel) => kernel.stop()))
  configureLogging({ level: 'info', logger: 'disabled' })
}

/** The port that a started server has got. */
export function portOf(api: Http<unknown>): number {
  return Number(new URL(api.url).port)
}

/** One record that was logged. */
export interface Logged {
  readonly level: string
  readonly message: string
  readonly logger: string
  // biome-ignore lint/suspicious/noExplicitAny: whatever was logged
  readonly fields: Record<string, any>
}

/** Collects what is logged from now on, instead of printing it. */
export function logged(level = 'info'): Logged[] {
  const records: Logged[] = []
  const at =
    (level: string) =>
    (message: string, { logger, ...fields }: Record<string, unknown>) =>
      records.push({ level, message, logger: String(logger), fields })
  const sink = { debug: at('debug'), info: at('info'), warning: at('warning'), error: at('error') }
  configureLogging({ level, logger: sink as never })
  return records
}

/** The errors among them, by their code where they have one. */
export function errorsIn(records: readonly Logged[]): string[] {
  return records
    .filter(({ level }) => level === 'error')
    .map(({ message, fields }) => fields.error?.code ?? fields.error?.message ?? message)
}

/** The lines of the access log among them. */
export function accessLines(records: readonly Logged[]): Logged['fields'][] {
  return records.filter(({ logger }) => logger === 'tomodachi.http.response').map(({ fields }) => fields)
}

/** What the action throws or rejects with. */
export async function failureOf(action: () => unknown): Promise<Error & { readonly code?: string }> {
  try {
    await action()
  } catch (error) {
    return error as Error
  }
  throw new Error('it should have failed')
}

/** Sends one request to a started server, on a connection of its own. */
export function ask(
  api: Http<unknown>,
  method: string,
  path: string,
  headers?: Readonly<Record<string, string>>,
  body?: string | Uint8Array,
): Promise<RawResponse> {
  return exchange(portOf(api), requestText(method, path, headers, body))
}
