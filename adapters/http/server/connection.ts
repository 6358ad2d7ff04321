import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { CancellableDelivery } from '../../../kernel/adapter-kit.ts'

/** One connection of a client: its requests so far, how many it may still send, and how it ends. */
export class Connection {
  readonly socket: Socket
  /** Requests without an answer yet. More than one when the client sends without waiting. */
  active = 0
  /** When the last answer ended, in milliseconds of `performance.now()`. */
  idleSince = performance.now()
  /** The answer to the latest request, as long as one is due. */
  latest: ServerResponse | undefined
  /** The last answer, with which the connection ends. */
  final: ServerResponse | undefined
  /** The delivery whose handler runs; it is told when the client leaves. */
  #pending: CancellableDelivery | undefined
  /** Further such deliveries, of a client that sends requests without waiting for answers. */
  #pipelined: Set<CancellableDelivery> | undefined
  /** Requests that the client may still send. */
  #requestsLeft: number
  /** When its next request is its last one, in milliseconds of `performance.now()`. */
  readonly #agedAt: number

  /** It ends with an answer after `maxRequests` requests, or after `maxTime` milliseconds. */
  constructor(socket: Socket, maxRequests: number, maxTime: number) {
    this.socket = socket
    this.#requestsLeft = maxRequests
    this.#agedAt = this.idleSince + maxTime
  }

  /**
   * Whether a request is accepted. Requests behind the last answer of a connection are not (RFC 9112, 9.6): the client learns
   * that they were not processed, and may send them again.
   */
  admits(response: ServerResponse, draining: boolean): boolean {
    if (this.final !== undefined) return false
    this.latest = response
    if (--this.#requestsLeft <= 0 || draining || this.#hasAged()) this.endWithLatest()
    return true
  }

  /** A handler is still running after the call that started it. */
  runs(delivery: CancellableDelivery): void {
    if (this.#pending === undefined) this.#pending = delivery
    else {
      this.#pipelined ??= new Set()
      this.#pipelined.add(delivery)
    }
  }

  /** A handler has ended. */
  ended(delivery: CancellableDelivery): void {
    if (this.#pending === delivery) this.#pending = undefined
    else this.#pipelined?.delete(delivery)
  }

  /** An answer is sent. When its own header closes the connection, no further request is accepted. */
  answering(response: ServerResponse, headers: readonly (string | number)[]): void {
    for (let at = 0; at < headers.length; at += 2)
      if (/^connection$/i.test(headers[at] as string) && /\bclose\b/i.test(headers[at + 1] as string))
        this.final ??= response
  }

  /** A request has been answered completely; `delivery` is the one that was still running, if any. */
  answered(delivery: CancellableDelivery | undefined): void {
    if (delivery !== undefined) this.ended(delivery)
    this.idleSince = performance.now()
    // An idle connection need not keep its last request in memory.
    if (--this.active === 0) this.latest = undefined
  }

  /** Ends it with the answer to its next request. */
  endWithNext(): void {
    this.#requestsLeft = 1
  }

  /** Ends it with the answer to its latest request, if one is due. */
  endWithLatest(): void {
    const { latest, socket } = this
    if (latest === undefined || this.final !== undefined) return
    this.final = latest
    // node then sends "Connection: close", unless it has sent another value already.
    latest.shouldKeepAlive = false
    latest.once('finish', () => socket.destroySoon())
  }

  /** Tells the running handlers that the client has left. */
  abandon(): void {
    for (const delivery of this.#pipelined ?? []) delivery.abandon('the client closed the connection')
    this.#pending?.abandon('the client closed the connection')
  }

  #hasAged(): boolean {
    return this.#agedAt !== Number.POSITIVE_INFINITY && performance.now() >= this.#agedAt
  }
}
