import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A process of a run: a file in `processes/`, which says `ready` once it works. */
export class Child {
  readonly #process: ChildProcess
  readonly #name: string
  #expected = false

  /** `failed` is called when the process ends without having been told to, or not in order. */
  private constructor(name: string, parameters: readonly string[], failed: (error: Error) => void) {
    this.#name = name
    const path = fileURLToPath(new URL(`processes/${name}.ts`, import.meta.url))
    this.#process = fork(path, parameters, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.#process.once('exit', (code, signal) => {
      if (!this.#expected) failed(new Error(`the ${name} ended by itself with ${signal ?? `code ${code}`}`))
    })
  }

  /** Resolves when the process is ready. */
  static async start(
    name: string,
    parameters: readonly string[],
    failed: (error: Error) => void,
  ): Promise<Child> {
    const child = new Child(name, parameters, failed)
    await Promise.race([once(child.#process, 'message'), once(child.#process, 'exit')])
    return child
  }

  send(message: number): void {
    this.#process.send(message)
  }

  /** Ends the process in the middle of whatever it does. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Ends the process in order. Rejects when its exit code is not 0. */
  async stop(): Promise<void> {
    const code = await this.#end('SIGTERM')
    if (code !== 0) throw new Error(`the ${this.#name} ended with code ${code} when it was told to stop`)
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    this.#expected = true
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, 'exit')
      this.#process.kill(signal)
      await ended
    }
    return this.#process.exitCode
  }
}
