import type { RunningService } from '../../actors/actor.ts'
import type { Adapter, AdapterProblem } from '../../actors/adapter.ts'
import { currentService } from '../../actors/handling/context.ts'
import type { Service } from '../../actors/service.ts'
import { version } from '../../version.ts'
import { checkExitCode } from './process-end.ts'

/** The work of one adapter since it was started. */
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
  /** Number of the worker, from 1, where several processes share the work. Undefined in a single process. */
  readonly worker: number | undefined
  /** When the process was started; ISO 8601, UTC. */
  readonly startTime: string
  /** Working directory. */
  readonly cwd: string
  /**
   * Whether the process can take work: every kernel in it has started, none was asked to stop, and every consumer
   * is attached (`kernel.ready`). False when nothing runs.
   */
  readonly ready: boolean
  /** By name of the adapter. */
  readonly adapters: Readonly<Record<string, AdapterContext>>
}

/** A kernel, as the process knows it. */
export interface RunningKernel {
  readonly services: readonly Service[]
  /** As `kernel.state`. */
  readonly state: string
  readonly ready: boolean
  /** As `kernel.problems`. */
  readonly problems: readonly AdapterProblem[]
  adapters(): readonly Adapter[]
  /** By name, in the order of the adapters. */
  adapterContexts(): Record<string, AdapterContext>
  exit(code?: number): void
  stop(exitCode?: number): Promise<number>
}

/** The kernels that run in this process, in the order in which they were started. */
export const running = new Set<RunningKernel>()

/** The kernel that runs a service; undefined when it does not run. */
export function kernelOf({ uuid }: Pick<RunningService, 'uuid'>): RunningKernel | undefined {
  return [...running].find(({ services }) => services.some((one) => one.uuid === uuid))
}

const startTime = new Date(performance.timeOrigin).toISOString()

/** Facts about the process, and how much work each adapter has. The values are those of this moment. */
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
 * The running service of this name. Without a name: the own service inside a handler or hook, and elsewhere the one
 * that was started last. Undefined when there is none.
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
 * Stops everything that runs in this process, as a signal would: handlers finish, then the process ends with
 * `code`, a whole number from 0 to 255. Without a code it is 0, or the one that was given before. In a handler the
 * call returns at once, and the handler is waited for like any other. Throws `OPTION_INVALID`, and then stops
 * nothing.
 */
export function exit(code?: number): void {
  checkExitCode(code, 'exit(code)')
  if (running.size === 0) process.exit(code)
  for (const kernel of running) kernel.exit(code)
}
