import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { CancellableDelivery } from '../../../kernel/adapter-kit.ts'

/** One connection of a client: the requests that it has brought and may still bring, and how it ends. */
export class Connection {
  readonly socket: Socket
  /** Requests that have not been answered. More than one when the client sends without waiting. */
  active = 0
  /** When the last answer ended, in milliseconds of `performance.now()`. */
  idleSince = performance.now()
  /** The answer to the latest request, until no answer is due. */
  latest: ServerResponse | undefined
  /** The answer with which it ends. */
  final: ServerResponse | undefined
  /** The delivery whose handler runs; it learns when the client goes away. */
  #pending: CancellableDelivery | undefined
  /** Further ones, of a client that sends requests without waiting for answers. */
  #pipelined: Set<CancellableDelivery> | undefined
  /** Requests that it still may bring. */
  #requestsLeft: number
  /** When its next request is its last one, in milliseconds of `performance.now()`. */
  readonly #agedAt: number

  /** `maxRequests` and `maxTime`, in milliseconds, are what it may bring and how long, before it ends with an answer. */
  constructor(socket: Socket, maxRequests: number, maxTime: number) {
    this.socket = socket
    this.#requestsLeft = maxRequests
    this.#agedAt = this.idleSince + maxTime
  }

  /**
   * Whether a request is taken. None is that comes behind the answer with which its connection ends (RFC 9112, 9.6):
   * its client learns that it was not processed, and may send it again.
   */
  admits(response: ServerResponse, draining: boolean): boolean {
    if (this.final !== undefined) return false
    this.latest = response
    if (--this.#requestsLeft <= 0 || draining || this.#hasAged()) this.endWithLatest()
    return true
  }

  /** A handler goes on after the call that started it. */
  runs(delivery: CancellableDelivery): void {
    if (this.#pending === undefined) this.#pending = delivery
    else {
      this.#pipelined ??= new Set()
      this.#pipelined.add(delivery)
    }
  }

  /** An answer goes out. No request is taken behind one that says itself that its connection ends. */
  answering(response: ServerResponse, headers: readonly (string | number)[]): void {
    for (let at = 0; at < headers.length; at += 2)
      if (/^connection$/i.test(headers[at] as string) && /\bclose\b/i.test(headers[at + 1] as string))
        this.final ??= response
  }

  /** A request has been answered to its end; `delivery` is the one that went on, if any did. */
  answered(delivery: CancellableDelivery | undefined): void {
    if (delivery !== undefined) {
      if (this.#pending === delivery) this.#pending = undefined
      else this.#pipelined?.delete(delivery)
    }
    this.idleSince = performance.now()
    // An idle connection need not keep its last request in memory.
    if (--this.active === 0) this.latest = undefined
  }

  /** Has it end with the answer to its next request. */
  endWithNext(): void {
    this.#requestsLeft = 1
  }

  /** Has it end with the answer to its latest request, if that is due. */
  endWithLatest(): void {
    const { latest, socket } = this
    if (latest === undefined || this.final !== undefined) return
    this.final = latest
    // node says "Connection: close" then, unless it has said something else already.
    latest.shouldKeepAlive = false
    latest.once('finish', () => socket.destroySoon())
  }

  /** Tells the handlers that run that the client has gone. */
  abandon(): void {
    for (const delivery of this.#pipelined ?? []) delivery.abandon('the client closed the connection')
    this.#pending?.abandon('the client closed the connection')
  }

  #hasAged(): boolean {
    return this.#agedAt !== Number.POSITIVE_INFINITY && performance.now() >= this.#agedAt
  }
}
