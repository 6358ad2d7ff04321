import cluster, { type Worker } from 'node:cluster'
import { closeSync, openSync } from 'node:fs'
import { constants } from 'node:os'
import { extname } from 'node:path'
import { isatty } from 'node:tty'
import { fileURLToPath } from 'node:url'
import { getLogger } from '../../index.ts'
import { announceStart, announceStop, type Summary } from '../../lifecycle/announcement.ts'
import { forwardSignals, stopSignals } from '../../lifecycle/process/signals.ts'
import { leave, print } from '../program/output.ts'
import type { Fork, WorkerReport } from './supervisor.ts'

/** What a worker sends when its services have started. */
export interface WorkerStarted extends Summary {
  readonly type: 'tomodachi.started'
  readonly banner: string
  /** Milliseconds that it may take to stop. */
  readonly patience: number
}

/** What a worker is sent to finish its work and end. */
export const stopMessage = 'tomodachi.stop'

/**
 * Runs so many workers, each a process that runs the services which the words of the command line name. Resolves when
 * all have started, or when it is clear that they do not: the worker has said why by then. SIGHUP replaces them, one
 * after the other; when it tells that the terminal has gone, it stops them. Ends the process with the workers.
 */
export async function runWorkers(
  count: number,
  words: readonly string[],
  isProduction: boolean,
): Promise<void> {
  const begun = performance.now()
  let first: WorkerStarted | undefined
  prepareCluster(words)
  // Loaded here, since workers import this file too.
  const { Supervisor } = await import('./supervisor.ts')
  const supervisor = new Supervisor({
    count,
    fork: forking((message) => {
      first ??= message
    }),
  })
  forwardSignals(
    supervisor,
    stopSignals.filter((signal) => signal !== 'SIGHUP'),
  )
  // Whatever of it is redirected; nohup leaves none of the three to the terminal.
  const isInTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor))
  process.on('SIGHUP', () => (isInTerminal && !hasTerminal() ? supervisor.exit() : supervisor.restart()))
  void supervisor.stopped.then((exitCode) => {
    // Workers that could not start have said so.
    const hasRun = first !== undefined || exitCode === 0
    const { services = [] } = first ?? {}
    if (hasRun) announceStop({ services, workers: count }, performance.now() - begun, exitCode)
    leave(exitCode)
  })
  if (!(await supervisor.start()) || first === undefined) return
  const { banner, services, endpoints } = first
  if (!isProduction) return print(banner)
  announceStart({ services, endpoints, workers: count }, performance.now() - begun)
}

/** Whether the terminal that the process belongs to is there. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}

/**
 * Workers share the listening sockets themselves, and take connections from them when they have time: none is under way
 * from one process to another, where it would be lost with a process that is killed. Node's other way, which evens out
 * long-lived connections, is chosen by its own environment variable.
 */
function prepareCluster(words: readonly string[]): void {
  if (process.env.NODE_CLUSTER_SCHED_POLICY === undefined) cluster.schedulingPolicy = cluster.SCHED_NONE
  const program = new URL(`worker${extname(import.meta.url)}`, import.meta.url)
  // Behind -- node reads no option: it would look for the file of --env-file, which workers need not read again.
  const execArgv = [...process.execArgv, '--']
  cluster.setupPrimary({ exec: fileURLToPath(program), args: [...words], execArgv })
}

function forking(started: (message: WorkerStarted) => void): Fork {
  return (number, report) => {
    const worker = cluster.fork({ TOMODACHI_WORKER: String(number) })
    worker.on('message', (message: unknown) => {
      if (!isStarted(message)) return
      started(message)
      report.started(message.patience)
    })
    reportEnd(worker, report)
    return {
      pid: worker.process.pid,
      // It may have gone already: then its end is reported.
      stop: () => worker.process.send(stopMessage, () => undefined),
      kill: () => worker.process.kill('SIGKILL'),
    }
  }
}

function reportEnd(worker: Worker, report: WorkerReport): void {
  worker.once('exit', (code: number | null, signal: NodeJS.Signals | null) => {
    if (signal === null) report.ended(code ?? 1)
    else report.ended(128 + constants.signals[signal], signal)
  })
  worker.on('error', (error) => {
    getLogger('tomodachi.workers').error('a worker process failed', { error })
    // One that was never started has no exit.
    if (worker.process.pid === undefined) report.ended(1)
  })
}

/** The services may send messages of their own. */
function isStarted(message: unknown): message is WorkerStarted {
  return typeof message === 'object' && (message as WorkerStarted | null)?.type === 'tomodachi.started'
}
