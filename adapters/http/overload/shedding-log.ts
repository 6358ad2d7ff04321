import { getLogger } from '../../../kernel/index.ts'
import type { ShedReason } from '../access/request-events.ts'

/** Milliseconds without a shed request, after which shedding has ended. */
const lull = 5_000

/** Logs when shedding begins and ends: one line each, however many requests are shed. */
export class SheddingLog {
  #shed = 0
  #begunAt = 0
  #latestAt = 0
  #timer: NodeJS.Timeout | undefined

  /** A request is shed. */
  count(reason: ShedReason): void {
    this.#latestAt = performance.now()
    if (this.#shed++ > 0) return
    this.#begunAt = this.#latestAt
    getLogger('tomodachi.http').warn('requests are shed', { reason })
    this.#await(lull)
  }

  close(): void {
    if (this.#shed > 0) this.#end()
  }

  #await(milliseconds: number): void {
    this.#timer = setTimeout(() => {
      const left = this.#latestAt + lull - performance.now()
      if (left > 0) this.#await(left)
      else this.#end()
    }, milliseconds).unref()
  }

  #end(): void {
    clearTimeout(this.#timer)
    const seconds = Number(((this.#latestAt - this.#begunAt) / 1_000).toFixed(1))
    getLogger('tomodachi.http').info('requests are no longer shed', { shed: this.#shed, seconds })
    this.#shed = 0
  }
}
