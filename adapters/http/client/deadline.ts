import { systemClock } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'

/** Ends a call at any point: when its time is over, when its caller cancels it, or when its client closes. */
export class Deadline {
  readonly #abort = new AbortController()
  readonly #due: number
  readonly #caller: AbortSignal | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(call: string, timeout: number, caller: AbortSignal | undefined) {
    this.#due = performance.now() + timeout
    this.#caller = caller
    if (caller?.aborted) this.#cancelled()
    else caller?.addEventListener('abort', this.#cancelled)
    if (timeout === Number.POSITIVE_INFINITY) return
    this.#timer = setTimeout(() => {
      this.#abort.abort(new TomodachiError('CALL_TIMEOUT', { call, limit: 'timeout', milliseconds: timeout }))
    }, timeout)
  }

  /** Aborts with the reason with which the call rejects. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Milliseconds that are left. */
  get remaining(): number {
    return this.#due - performance.now()
  }

  /** Ends the call early. */
  cut(reason: unknown): void {
    this.#abort.abort(reason)
  }

  /** Resolves after so many milliseconds, even more than a node timer can hold. Rejects as soon as the call ends. */
  async pause(milliseconds: number): Promise<void> {
    const { signal } = this
    await new Promise<void>((resolve) => {
      const over = () => {
        systemClock.clearTimeout(timer)
        signal.removeEventListener('abort', over)
        resolve()
      }
      const timer = systemClock.setTimeout(over, milliseconds)
      if (signal.aborted) over()
      else signal.addEventListener('abort', over)
    })
    if (signal.aborted) throw signal.reason
  }

  /** From now on, only the caller and the client can end the call. */
  stopClock(): void {
    clearTimeout(this.#timer)
  }

  /** The call is over: releases the timer and the signal. */
  clear(): void {
    this.stopClock()
    this.#caller?.removeEventListener('abort', this.#cancelled)
  }

  readonly #cancelled = (): void => this.#abort.abort(this.#caller?.reason)
}
