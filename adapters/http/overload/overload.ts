import type { Actor } from '../../../kernel/adapter-kit.ts'
import { type Adapter, type Bus, TomodachiError } from '../../../kernel/index.ts'
import { type ShedReason, shed } from '../access/request-events.ts'
import type { ResolvedOverloadOptions } from '../options/overload-options.ts'
import { httpErrorOf } from '../reply/http-error.ts'
import { type Answer, answerOf } from '../reply/reply.ts'
import type { HttpRequest } from '../request/request.ts'
import type { HttpSource } from '../routing/source.ts'
import { LoopDelay } from './loop-delay.ts'
import { SheddingLog } from './shedding-log.ts'

/** Sheds requests of a server that has more of them than its limits allow. */
export class Overload {
  /** The answer to every request that is shed. */
  readonly answer: Answer
  /** The header fields of that answer, for a request that asks for an upgrade. */
  readonly headers: Readonly<Record<string, string>>
  readonly #adapter: Adapter
  readonly #bus: Bus
  readonly #maxInFlight: number
  readonly #loopDelay: LoopDelay | undefined
  readonly #log = new SheddingLog()
  #inFlight = 0

  constructor(
    { maxEventLoopDelay, maxInFlight, retryAfter }: ResolvedOverloadOptions,
    adapter: Adapter,
    bus: Bus,
  ) {
    this.#adapter = adapter
    this.#bus = bus
    this.#maxInFlight = maxInFlight ?? Number.POSITIVE_INFINITY
    this.#loopDelay = maxEventLoopDelay === undefined ? undefined : new LoopDelay(maxEventLoopDelay)
    const seconds = retryAfter / 1_000
    const { status, body } = httpErrorOf(new TomodachiError('OVERLOADED', { seconds }))
    this.headers = { 'Retry-After': String(seconds) }
    this.answer = answerOf([status, body, this.headers], status, 'an overloaded server')
  }

  /** Whether a request that has just arrived is shed; if it is, that is told. `actor` is that of its route. */
  sheds(request: HttpRequest, actor: Actor<HttpSource> | undefined): boolean {
    const reason = this.#reason()
    if (reason === undefined) return false
    this.#log.count(reason)
    if (this.#bus.watched(shed)) this.#bus.emit(shed, { adapter: this.#adapter, request, actor, reason })
    return true
  }

  /** A request is in flight, until the returned function is called for the first time. */
  enter(): () => void {
    let isInFlight = true
    this.#inFlight++
    return () => {
      if (isInFlight) this.#inFlight--
      isInFlight = false
    }
  }

  /** Watches the event loop until `close`, if its delay is limited. */
  watch(): void {
    this.#loopDelay?.watch()
  }

  close(): void {
    this.#loopDelay?.close()
    this.#log.close()
  }

  #reason(): ShedReason | undefined {
    if (this.#inFlight >= this.#maxInFlight) return 'maxInFlight'
    return this.#loopDelay?.isExceeded() ? 'maxEventLoopDelay' : undefined
  }
}
