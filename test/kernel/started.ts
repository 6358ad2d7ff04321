import { configureLogging, Kernel, type KernelOptions, type Service } from 'tomodachi'

/** Runs services in a kernel that leaves the test's process alone. */
export async function started(
  services: Service<unknown> | readonly Service<unknown>[],
  options: KernelOptions = {},
): Promise<Kernel> {
  const list = Array.isArray(services) ? services : [services as Service<unknown>]
  return new Kernel(list, { ownsProcess: false, ...options }).start()
}

/** One record that was logged while `logged` watched. */
export interface Logged {
  readonly level: string
  readonly message: string
  readonly fields: Record<string, unknown>
}

/** Collects what is logged from now on, instead of printing it. `quiet()` goes back to silence. */
export function logged(level = 'debug'): Logged[] {
  const records: Logged[] = []
  const at = (level: string) => (message: string, fields: Record<string, unknown>) =>
    records.push({ level, message, fields })
  const logger = { debug: at('debug'), info: at('info'), warning: at('warning'), error: at('error') }
  configureLogging({ level, logger: logger as never })
  return records
}

export function quiet(): void {
  configureLogging({ level: 'info', logger: 'disabled' })
}

/** What the promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<Error & { readonly code?: string }> {
  return promise.then(
    () => Promise.reject(new Error('it should have failed')),
    (error: Error) => error,
  )
}

/** What the action throws. */
export async function thrownBy(action: () => unknown): Promise<Error & { readonly code?: string }> {
  return failureOf((async () => action())())
}
