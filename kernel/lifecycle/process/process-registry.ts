import type { Adapter } from '../../actors/adapter.ts'
import { currentService } from '../../actors/handling/context.ts'
import type { Service } from '../../actors/service.ts'
import { version } from '../../version.ts'
import { checkExitCode } from './process-end.ts'

/** Work of one adapter since it was started. */
export interface AdapterContext {
  readonly enabled: boolean
  /** Deliveries that are not finished. */
  readonly currentTasks: number
  /** Deliveries received. */
  readonly totalTasks: number
}

/** Facts about the process and what runs in it. */
export interface ExecutionContext {
  /** Version of tomodachi. */
  readonly version: string
  /** For example `node 24.21.0`. */
  readonly runtime: string
  /** For example `linux x64`. */
  readonly platform: string
  readonly pid: number
  /** Number of the worker, from 1, where several share the work. Undefined in a process on its own. */
  readonly worker: number | undefined
  /** When the process was started; ISO 8601, UTC. */
  readonly startTime: string
  /** Working directory. */
  readonly cwd: string
  /**
   * Whether what runs here can take work: every kernel of the process has started, none was asked to stop, and every
   * consumer is attached (`kernel.ready`). False when nothing runs.
   */
  readonly ready: boolean
  /** By name of the adapter. */
  readonly adapters: Readonly<Record<string, AdapterContext>>
}

/** A kernel, as the process knows it. */
export interface RunningKernel {
  readonly services: readonly Service[]
  readonly ready: boolean
  adapters(): readonly Adapter[]
  adapterContexts(): Record<string, AdapterContext>
  exit(code?: number): void
  stop(exitCode?: number): Promise<number>
}

/** The kernels that run in this process, in the order in which they were started. */
export const running = new Set<RunningKernel>()

const startTime = new Date(performance.timeOrigin).toISOString()

/** Facts about the process, and of each adapter how much it has to do. */
export function getContext(): ExecutionContext {
  const adapters: Record<string, AdapterContext> = {}
  for (const kernel of running) Object.assign(adapters, kernel.adapterContexts())
  return {
    version,
    runtime: `node ${process.versions.node}`,
    platform: `${process.platform} ${process.arch}`,
    pid: process.pid,
    worker: Number(process.env.TOMODACHI_WORKER) || undefined,
    startTime,
    cwd: process.cwd(),
    ready: running.size > 0 && [...running].every(({ ready }) => ready),
    adapters,
  }
}

/**
 * The running service of this name. Without a name: inside a handler or a hook its own service, elsewhere the one that was
 * started last. Undefined when there is none.
 */
export function getService<S extends Service = Service>(name?: string): S | undefined {
  const own = currentService()
  if (own && (name === undefined || own.name === name)) return own as S
  let latest: Service | undefined
  for (const kernel of running)
    for (const service of kernel.services) if (name === undefined || service.name === name) latest = service
  return latest as S | undefined
}

/**
 * Stops whatever runs in this process, as a signal would: handlers finish, then the process ends with `code` (a whole
 * number from 0 to 255; without it 0, or the code that was asked for before). Called from a handler it returns at once; the
 * handler is waited for like any other. Throws `OPTION_INVALID`, and then stops nothing.
 */
export function exit(code?: number): void {
  checkExitCode(code, 'exit(code)')
  if (running.size === 0) process.exit(code)
  for (const kernel of running) kernel.exit(code)
}
