import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { fileURLToPath } from 'node:url'

/** What the server takes, after a collection of garbage. */
export interface Measure {
  /** Bytes. */
  readonly heap: number
  /** Bytes. */
  readonly rss: number
  /** Sockets, timers and other resources that are active. */
  readonly handles: number
  readonly isReady: boolean
}

const path = fileURLToPath(new URL('../processes/fuzzed.ts', import.meta.url))

/** A server in a process of its own. */
export class Target {
  readonly port: number
  readonly #process: ChildProcess
  /** What it wrote to its stderr, from the end: why it crashed. */
  #last = ''

  private constructor(child: ChildProcess, port: number) {
    this.#process = child
    this.port = port
    child.stderr?.on('data', (chunk) => {
      this.#last = `${this.#last}${chunk}`.slice(-2_000)
    })
  }

  static async start(): Promise<Target> {
    const child = fork(path, [], { execArgv: ['--expose-gc'], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    const [port] = (await once(child, 'message')) as [number]
    return new Target(child, port)
  }

  /** Whether it has ended by itself, or does so within that time. */
  async ends(milliseconds: number): Promise<boolean> {
    const signal = AbortSignal.timeout(milliseconds)
    if (!this.#hasEnded) await once(this.#process, 'exit', { signal }).catch(() => {})
    return this.#hasEnded
  }

  get #hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  get lastWords(): string {
    return this.#last
  }

  /** Whether a valid request is answered in time. */
  isAlive(milliseconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      const options = {
        port: this.port,
        host: '127.0.0.1',
        path: '/alive',
        agent: false,
        timeout: milliseconds,
      }
      const asked = request(options, (response) => {
        response.resume().once('end', () => resolve(response.statusCode === 200))
      })
      asked.once('timeout', () => asked.destroy()).once('error', () => resolve(false))
      asked.end()
    })
  }

  async measure(): Promise<Measure> {
    this.#process.send('measure')
    const [measure] = (await once(this.#process, 'message')) as [Measure]
    return measure
  }

  /** Ends it in order. Returns its exit code. */
  async stop(): Promise<number | null> {
    if (this.#hasEnded) return this.#process.exitCode
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    await ended
    return this.#process.exitCode
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }
}
