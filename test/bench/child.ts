import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** What a process has used since its start. */
export interface Usage {
  /** Microseconds of processor time, in user and system mode, of all its threads. */
  readonly cpu: number
  /** Resident memory in bytes. */
  readonly memory: number
}

/** The environment of what is measured. */
export function environment(): NodeJS.ProcessEnv {
  return { ...process.env, NODE_ENV: 'production' }
}

/** A process that calls `report` of servers/report.mjs. */
export class Child {
  readonly #path: string
  readonly #process: ChildProcess
  #facts: unknown

  private constructor(path: string, parameters: readonly string[], output: number | undefined) {
    this.#path = path
    this.#process = fork(path, parameters, {
      env: environment(),
      // What loads TypeScript here must not do so there.
      execArgv: [],
      stdio: ['ignore', output ?? 'ignore', output ?? 'inherit', 'ipc'],
    })
  }

  /**
   * Resolves when the process has reported that it is ready. Rejects when it ends before. `output` is the file that it prints
   * to; without it, only errors are printed.
   */
  static async start(path: string, parameters: readonly string[] = [], output?: number): Promise<Child> {
    const child = new Child(path, parameters, output)
    child.#facts = await child.#message()
    return child
  }

  /** Where the process listens, if it does. */
  get port(): number {
    return (this.#facts as { readonly port: number }).port
  }

  async usage(): Promise<Usage> {
    return (await this.ask('usage')) as Usage
  }

  /** Rejects when the process ends instead of answering. */
  async ask(question: string, value?: unknown): Promise<unknown> {
    const answer = this.#message()
    this.#process.send({ question, value })
    return answer
  }

  /** Resolves when the process has ended. It is not asked to end in order: nothing of it is measured any more. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await ended
  }

  async #message(): Promise<unknown> {
    const settled = new AbortController()
    const { signal } = settled
    try {
      return await Promise.race([
        once(this.#process, 'message', { signal }).then(([message]) => message),
        once(this.#process, 'exit', { signal }).then(([code]) => {
          throw new Error(`${this.#path} ended with code ${code}`)
        }),
      ])
    } finally {
      settled.abort()
    }
  }
}

/** The path of a file in `servers/`. */
export function serverPath(name: string): string {
  return fileURLToPath(new URL(`servers/${name}`, import.meta.url))
}
