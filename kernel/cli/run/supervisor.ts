import { type ActorRefFrom, createActor, fromCallback, waitFor } from 'xstate'
import { restartDelay, worker as workerChart } from '../../../statecharts/worker.ts'
import { spawn, systemClock } from '../../adapter-kit.ts'
import { type Clock, getLogger } from '../../index.ts'
import { abandonLogs } from '../../log/index.ts'

/** A process that does a worker's work. */
export interface WorkerProcess {
  readonly pid: number | undefined
  /** Tells it to finish its work and then end. */
  stop(): void
  /** Ends it at once. */
  kill(): void
}

/** What a process reports about itself. */
export interface WorkerReport {
  /** It has started, and takes at most so many milliseconds to stop. */
  started(patience: number): void
  /** It has ended; called once. `signal` is the signal that ended it, if one did. */
  ended(exitCode: number, signal?: string): void
}

/** Starts a process for the worker of this number. */
export type Fork = (worker: number, report: WorkerReport) => WorkerProcess

export interface SupervisorOptions {
  /** How many workers there are; they are numbered from 1. */
  readonly count: number
  readonly fork: Fork
  /** Source of its timers. Default: the system's. */
  readonly clock?: Clock
}

type Worker = ActorRefFrom<typeof workerChart>

const log = getLogger('tomodachi.workers')

/**
 * Keeps a number of workers running, each driven by the worker statechart. A worker whose process dies gets a new
 * one, after a delay that grows while it keeps dying.
 */
export class Supervisor {
  /** Resolves when every worker has stopped, with 0 or the highest exit code of those that were told to stop. */
  readonly stopped: Promise<number>
  readonly #options: Required<SupervisorOptions>
  /** By number, from 1. */
  readonly #workers = new Map<number, Worker>()
  /** Includes workers that are being replaced, and those that replace them. */
  readonly #alive = new Set<Worker>()
  #resolve: (exitCode: number) => void = () => {}
  #exitCode = 0
  #isStopping = false
  #stopAskedAt: number | undefined
  #isBusy = true
  #isRestartAsked = false

  constructor({ count, fork, clock = systemClock }: SupervisorOptions) {
    this.#options = { count, fork, clock }
    this.stopped = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  /**
   * Resolves with true when all workers have started. The first one starts alone, so that a fault of all is
   * reported once. If one does not start, all stop, and it resolves with false.
   */
  async start(): Promise<boolean> {
    const others = Array.from({ length: this.#options.count - 1 }, (_, index) => index + 2)
    const started =
      (await this.#startFirst(1)) &&
      (await Promise.all(others.map((number) => this.#startFirst(number)))).every(Boolean)
    this.#isBusy = false
    if (started) this.#restartIfAsked()
    return started && !this.#isStopping
  }

  /**
   * Replaces the workers one after the other. A worker's new process starts first; then the old process is told to
   * stop, and once it has ended the next worker follows. If a new process does not start, the remaining workers
   * keep theirs. A restart that is asked for while workers start or are replaced begins afterwards.
   */
  restart(): void {
    this.#isRestartAsked = true
    this.#restartIfAsked()
  }

  /** Tells all workers at once to finish their work and stop. */
  exit(): void {
    this.#isStopping = true
    this.#stopAskedAt ??= performance.now()
    for (const worker of this.#alive) worker.send({ type: 'stop' })
    this.#resolveIfDone()
  }

  /** Milliseconds since the workers were told to stop; undefined before. */
  get sinceStop(): number | undefined {
    return this.#stopAskedAt === undefined ? undefined : performance.now() - this.#stopAskedAt
  }

  /** Ends all processes without waiting for anything. */
  force(exitCode: number): void {
    abandonLogs()
    this.#isStopping = true
    this.#exitCode = Math.max(this.#exitCode, exitCode)
    for (const worker of this.#alive) worker.send({ type: 'force' })
    this.#resolveIfDone()
  }

  async #startFirst(number: number): Promise<boolean> {
    if (this.#isStopping) return false
    const worker = this.#newWorker(number)
    this.#workers.set(number, worker)
    if (await hasStarted(worker)) return true
    const { output } = worker.getSnapshot()
    this.#exitCode = Math.max(this.#exitCode, output?.exitCode ?? 1)
    this.exit()
    return false
  }

  #restartIfAsked(): void {
    if (this.#isBusy || !this.#isRestartAsked || this.#isStopping) return
    this.#isBusy = true
    this.#isRestartAsked = false
    spawn('rolling restart', async () => {
      log.info('rolling restart', { workers: this.#workers.size })
      const done = await this.#replaceAll()
      if (done) log.info('rolling restart done')
      else if (!this.#isStopping) log.error('rolling restart given up: a new worker did not start')
      this.#isBusy = false
      this.#restartIfAsked()
    })
  }

  async #replaceAll(): Promise<boolean> {
    for (const [number, old] of this.#workers) {
      if (this.#isStopping) return false
      const next = this.#newWorker(number)
      if (!(await hasStarted(next))) return false
      this.#workers.set(number, next)
      old.send({ type: 'stop' })
      await waitFor(old, ({ status }) => status === 'done')
    }
    return true
  }

  #newWorker(number: number): Worker {
    const { clock, fork } = this.#options
    const worker = createActor(chartFor(number, fork), { clock })
    this.#alive.add(worker)
    worker.subscribe({ complete: () => this.#ended(worker) })
    worker.start()
    return worker
  }

  #ended(worker: Worker): void {
    this.#alive.delete(worker)
    if (!this.#isStopping) return
    this.#exitCode = Math.max(this.#exitCode, worker.getSnapshot().output?.exitCode ?? 0)
    this.#resolveIfDone()
  }

  #resolveIfDone(): void {
    if (this.#alive.size === 0) this.#resolve(this.#exitCode)
  }
}

/** The chart of a worker with real processes in it. */
function chartFor(number: number, fork: Fork): typeof workerChart {
  return workerChart.provide({
    actors: {
      process: fromCallback<{ readonly type: 'stop' }>(({ sendBack, receive }) => {
        const { stop, kill } = supervised(number, fork, sendBack)
        receive(stop)
        return kill
      }),
    },
    actions: {
      sayBackoff: ({ context: { deaths } }) =>
        log.info(`worker ${number} restarts in ${restartDelay(deaths)} ms`, { deaths }),
    },
  })
}

/** Starts a process, logs its life and reports it to the chart. `kill` does nothing once it has ended. */
function supervised(
  number: number,
  fork: Fork,
  tell: (event: Parameters<Worker['send']>[0]) => void,
): Pick<WorkerProcess, 'stop' | 'kill'> {
  const begun = performance.now()
  let hasStarted = false
  let isStopAsked = false
  let hasEnded = false
  const process = fork(number, {
    started(patience) {
      hasStarted = true
      const milliseconds = Math.round(performance.now() - begun)
      log.info(`worker ${number} (${process.pid}) started`, { milliseconds })
      tell({ type: 'started', patience })
    },
    ended(exitCode, signal) {
      hasEnded = true
      const facts = signal === undefined ? { exitCode } : { exitCode, signal }
      if (isStopAsked) log.info(`worker ${number} (${process.pid}) stopped`, facts)
      else log.error(`worker ${number} (${process.pid}) ${hasStarted ? 'died' : 'did not start'}`, facts)
      tell({ type: 'died', exitCode })
    },
  })
  return {
    stop() {
      isStopAsked = true
      process.stop()
    },
    kill() {
      if (hasEnded) return
      isStopAsked = true
      log.warn(`worker ${number} (${process.pid}) is killed`)
      process.kill()
    },
  }
}

/** Resolves with whether the worker has started, once that is known. */
async function hasStarted(worker: Worker): Promise<boolean> {
  const snapshot = await waitFor(worker, ({ status, context }) => status === 'done' || context.hasStarted)
  return snapshot.context.hasStarted
}
