import cluster from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode, Kernel } from '../../index.ts'
import { summaryOf } from '../../lifecycle/announcement.ts'
import { forwardSignals, stopSignals } from '../../lifecycle/process/signals.ts'
import '../program/errors.ts'
import { readArguments } from '../arguments/arguments.ts'
import { applyLogging, isOn, workersOf } from '../arguments/settings.ts'
import { failureText } from '../program/failure.ts'
import { leave, survivePipes } from '../program/output.ts'
import { banner } from './banner.ts'
import { loaded, startKernel } from './run.ts'
import { stopMessage, type WorkerStarted } from './workers.ts'

// The program of a worker, which `tomodachi run --workers` starts with the words of its own command line.

/** Milliseconds from the drain deadline until the process has ended: closing, and the onStop hooks. */
const closing = 10_000
const longestTimer = 2 ** 31 - 1

const withoutHangup = stopSignals.filter((signal) => signal !== 'SIGHUP')

/** There is nothing to finish before there is a kernel. */
let stop: () => void = () => process.exit()

survivePipes()
listenToSupervisor()
work(process.argv.slice(2))
  .catch((error: unknown) => {
    process.stderr.write(failureText(error))
    return 1
  })
  .then(leaveCluster)

/** Resolves with the exit code when the services have stopped. */
async function work(words: readonly string[]): Promise<number> {
  const { files, values } = readArguments(words)
  await applyLogging(values, process.env)
  const isInstrumented = isOn('opentelemetry-instrument', values, process.env)
  const { services, adapters } = await loaded(files, isInstrumented, withoutHangup)
  const kernel = new Kernel(services, { adapters, ownsProcess: false })
  stop = () => kernel.exit()
  // A SIGHUP is for the supervisor.
  forwardSignals(kernel, withoutHangup)
  try {
    await startKernel(kernel)
  } catch (error) {
    if (!wasStopped(error)) throw error
  }
  if (kernel.state === 'started') process.send?.(startedMessage(kernel, workersOf(values, process.env)))
  return kernel.stopped
}

function wasStopped(error: unknown): boolean {
  return hasCode(error, 'STOPPED_WHILE_STARTING')
}

function startedMessage(kernel: Kernel, workers = 1): WorkerStarted {
  const drainTimeout = Math.max(...kernel.services.map(({ drainTimeout }) => drainTimeout))
  return {
    type: 'tomodachi.started',
    ...summaryOf(kernel),
    banner: banner(kernel, process.stdout, `pid ${process.ppid}, ${workers} worker${workers > 1 ? 's' : ''}`),
    patience: Math.min(drainTimeout + closing, longestTimer),
  }
}

/** Stops when the supervisor says so, and when the supervisor has gone. */
function listenToSupervisor(): void {
  process.on('message', (message) => {
    if (message === stopMessage) stop()
  })
  cluster.worker?.once('disconnect', () => {
    // Without this, node ends the process at once.
    if (cluster.worker) cluster.worker.exitedAfterDisconnect = true
    stop()
  })
  // A hangup of the terminal, or of the process group, is for the supervisor.
  process.on('SIGHUP', () => undefined)
  // The channel must not keep the process alive: nobody would notice a file that never finishes loading.
  process.channel?.unref()
}

/**
 * Leaves the cluster first. Once the supervisor has answered, everything that it sent has arrived, including
 * connections where node hands them out.
 */
async function leaveCluster(exitCode: number): Promise<void> {
  stop = () => {}
  const { worker } = cluster
  if (worker?.isConnected()) {
    const disconnected = once(worker, 'disconnect')
    worker.disconnect()
    await Promise.race([disconnected, sleep(1_000)])
  }
  leave(exitCode)
}
