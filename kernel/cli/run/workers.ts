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
import { Relay } from './relay.ts'
import type { Fork, WorkerReport } from './supervisor.ts'

/** What a worker sends when its services have started. */
export interface WorkerStarted extends Summary {
  readonly type: 'tomodachi.started'
  readonly banner: string
  /** How many milliseconds it may take to stop. */
  readonly patience: number
}

/** The message that tells a worker to finish its work and end. */
export const stopMessage = 'tomodachi.stop'

/**
 * Runs `count` workers, each a process that runs the services named on the command line. Resolves when all have
 * started, or when one of them could not and has said why. SIGHUP replaces the workers one after the other, or
 * stops them if the terminal has closed. The process ends with its workers.
 */
export async function runWorkers(
  count: number,
  words: readonly string[],
  isProduction: boolean,
): Promise<void> {
  const begun = performance.now()
  let first: WorkerStarted | undefined
  prepareCluster(words)
  // Loaded here because workers import this file too.
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
  // Any of the three may be redirected; nohup redirects them all.
  const isInTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor))
  process.on('SIGHUP', () => (isInTerminal && !hasTerminal() ? supervisor.exit() : supervisor.restart()))
  void supervisor.stopped.then((exitCode) => {
    // Workers that could not start have said so.
    const hasRun = first !== undefined || exitCode === 0
    const { services = [] } = first ?? {}
    const ending = { ran: performance.now() - begun, drained: supervisor.sinceStop, exitCode }
    if (hasRun) announceStop({ services, workers: count }, ending)
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
 * Workers accept connections from the shared listening sockets themselves. So no connection is ever between two
 * processes, where it would be lost if one is killed. Node's other way evens out long-lived connections; node's own
 * environment variable chooses it.
 */
function prepareCluster(words: readonly string[]): void {
  if (process.env.NODE_CLUSTER_SCHED_POLICY === undefined) cluster.schedulingPolicy = cluster.SCHED_NONE
  const program = new URL(`worker${extname(import.meta.url)}`, import.meta.url)
  // After -- node reads no options: it would look for the file of --env-file, which workers need not read again.
  const execArgv = [...process.execArgv, '--']
  cluster.setupPrimary({ exec: fileURLToPath(program), args: [...words], execArgv })
}

function forking(started: (message: WorkerStarted) => void): Fork {
  const relay = new Relay()
  return (number, report) => {
    const worker = cluster.fork({ TOMODACHI_WORKER: String(number) })
    relay.listen(worker, number)
    worker.on('message', (message: unknown) => {
      if (!isStarted(message)) return
      relay.started(worker)
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
    // A process that was never started does not exit.
    if (worker.process.pid === undefined) report.ended(1)
  })
}

/** The services may send messages of their own. */
function isStarted(message: unknown): message is WorkerStarted {
  return typeof message === 'object' && (message as WorkerStarted | null)?.type === 'tomodachi.started'
}
