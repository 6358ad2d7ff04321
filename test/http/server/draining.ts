import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { HttpOptions } from 'tomodachi/http'
import { RawClient, requestText } from '../raw-client.ts'

/** A service in a process of its own. */
export interface Running {
  readonly child: ChildProcess
  readonly port: number
  /** What it has said. */
  readonly said: readonly string[]
  readonly exitCode: Promise<number | null>
  readonly log: Promise<string>
  /** Has the handlers of `/slow` answer, those still to come too. */
  release(): void
}

const program = fileURLToPath(new URL('./drain-service.ts', import.meta.url))

const running = new Set<ChildProcess>()

/** Ends what is left, for `after.each`. */
export function endAll(): void {
  for (const child of running) child.kill('SIGKILL')
}

/** What `drain-service.ts` is told. */
export interface DrainSettings {
  /** In milliseconds. */
  readonly drainTimeout?: number
  readonly http?: HttpOptions
  /** Processes of a cluster that share the port; without them it is one process. */
  readonly workers?: number
  /** File descriptors that it may have. */
  readonly descriptors?: number
}

/** Starts `drain-service.ts`, which writes its url first. Rejects with its log when it ends without. */
export async function started(settings: DrainSettings = {}): Promise<Running> {
  const args = [process.execPath, program, JSON.stringify(settings)]
  const { descriptors } = settings
  // The same process, behind the limit.
  if (descriptors) args.unshift('sh', '-c', `ulimit -n ${descriptors}; exec "$@"`, 'sh')
  const [command = '', ...others] = args
  const child = spawn(command, others, { stdio: ['pipe', 'pipe', 'pipe'] })
  running.add(child)
  const exitCode = once(child, 'close').then(([code]) => {
    running.delete(child)
    return code as number | null
  })
  const log = text(child.stderr)
  const said: string[] = []
  const lines = createInterface({ input: child.stdout }).on('line', (line) => said.push(line))
  await Promise.race([once(lines, 'line'), exitCode])
  if (said.length === 0) throw new Error(await log)
  return {
    child,
    port: Number(new URL(said[0] as string).port),
    said,
    exitCode,
    log,
    release: () => void child.stdin.write('\n'),
  }
}

/** What clients under load have seen. */
export class Load {
  answered = 0
  /** Clients that have had an answer. A connection that was not accepted yet is none that is drained. */
  begun = 0
  readonly failures: string[] = []
  /** Answers that said that the connection ends. */
  told = 0
  /** Requests that came after the time in which a draining server takes another one, and were not answered. */
  late = 0
  #stoppedAt = Number.POSITIVE_INFINITY

  /** Has a server drain by this. */
  stop(signal: () => unknown): void {
    this.#stoppedAt = performance.now()
    signal()
  }

  /** Whether the server may have closed the connection before this moment: it waits for a second. */
  isLate(sentAt: number): boolean {
    return sentAt - this.#stoppedAt > 990
  }
}

/** Sends one request after the other until it is told to stop. What was sent in time and not answered has failed. */
export async function keepAsking(
  port: number,
  path: string,
  load: Load,
  connect = RawClient.connect,
): Promise<void> {
  try {
    const client = await connect(port)
    for (let count = 0, isLast = false; !isLast; count++) {
      client.send(requestText('GET', path))
      const sentAt = performance.now()
      try {
        const response = await client.response()
        if (response.status !== 200) load.failures.push(response.statusLine)
        isLast = response.header('connection') === 'close'
      } catch (error) {
        if (client.received.length > 0 || !load.isLate(sentAt)) throw error
        load.late++
        return
      }
      if (count === 0) load.begun++
      load.answered++
    }
    load.told++
  } catch (error) {
    load.failures.push((error as Error).message)
  }
}
