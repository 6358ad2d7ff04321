import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { Envelope, type EnvelopeDetails } from '../../envelopes/index.ts'
import { type Actor, type Deliver, type MaybePromise, reasonOf } from '../../kernel/adapter-kit.ts'
import { type HandlerContext, type Settlement, TomodachiError } from '../../kernel/index.ts'
import type { Params, Upgrade } from '../http/index.ts'
import type { ClientSocket, Closed, HandshakeRequest, WebsocketGiven } from './client-socket.ts'
import { checkClose } from './close-code.ts'
import type { Message } from './frame.ts'
import { Inbox } from './inbox.ts'
import { type CutReason, Link, type LinkLimits } from './link.ts'
import { type Handlers, handlersOf, isAnswer, kindOf } from './reply.ts'
import type { Rooms } from './rooms.ts'

/** What the connections of an adapter share. */
export interface Shared {
  readonly deliver: Deliver
  readonly rooms: Rooms
  readonly limits: LinkLimits
  /** Actors that have been warned: their handlers return values, which are not sent. */
  readonly warned: Set<Actor>
  /** Called when a connection has closed and its last handler is done. */
  readonly ended: (connection: Connection) => void
}

/** What a delivery carries. */
interface Given extends WebsocketGiven<HandshakeRequest> {
  /** Of a message. */
  readonly data?: string | Buffer
  /** Of the close. */
  readonly closed?: Closed
}

/** What a connection keeps of its handshake. */
type Offer = Pick<Upgrade<HandshakeRequest>, 'request' | 'params'>

type Handler = (context: HandlerContext & Given) => unknown

const noHandlers: Handlers = {}

/**
 * One connection. The opening, each message and the close become envelopes, which are delivered one after the other: the next
 * when the one before has been settled.
 */
export class Connection implements ClientSocket {
  readonly link: Link
  readonly actor: Actor
  readonly request: HandshakeRequest
  /** In milliseconds of `performance.now()`. */
  readonly openedAt = performance.now()
  /** Whether it ends because of an error. */
  hasFailed = false
  /** How it ended; undefined before. */
  closed: Closed | undefined
  readonly #params: Params
  readonly #shared: Shared
  /** Of every envelope: the headers of the handshake. */
  readonly #details: EnvelopeDetails
  readonly #inbox = new Inbox<Given>(this)
  #handlers = noHandlers
  #isOpening = true
  /** Whether no more messages are taken. */
  #isLeaving = false
  #isCloseTold = false
  #rooms: Set<string> | undefined
  #id: string | undefined
  #abort: AbortController | undefined
  /**
   * Runs a function in the async context of the connection, instead of the context of the code that sends to it or ends
   * it.
   */
  readonly #within = AsyncLocalStorage.snapshot()

  constructor(ws: WebSocket, socket: Duplex, actor: Actor, from: Offer, shared: Shared) {
    this.link = new Link(ws, socket, shared.limits, this)
    this.actor = actor
    this.request = from.request
    this.#params = from.params
    this.#shared = shared
    this.#details = { headers: from.request.raw.headers }
  }

  get id(): string {
    this.#id ??= randomUUID()
    return this.#id
  }

  get protocol(): string {
    return this.link.ws.protocol
  }

  get isOpen(): boolean {
    return this.link.isOpen
  }

  get bufferedBytes(): number {
    return this.link.bufferedBytes
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.closed) this.#abort.abort()
    return this.#abort.signal
  }

  send(message: Message): MaybePromise<void> {
    return this.link.send(message)
  }

  close(code = 1_000, reason = ''): void {
    checkClose(code, reason)
    this.#isLeaving = true
    if (!this.isOpen) return
    this.link.ws.close(code, reason)
    this.#inbox.clear()
  }

  join(room: string): void {
    if (!this.isOpen) return
    this.#rooms ??= new Set()
    this.#rooms.add(room)
    this.#shared.rooms.join(room, this)
  }

  leave(room: string): void {
    this.#rooms?.delete(room)
    this.#shared.rooms.leave(room, this)
  }

  /** Calls the handler of an event. */
  handle(context: HandlerContext & Given, open: Handler): unknown {
    if (context.event === 'open') return open(context)
    if (context.event === 'close') return this.#handlers.close?.(context.closed as Closed, context)
    return this.#handlers.message?.(context.data as string | Buffer, context)
  }

  opened(): void {
    this.#inbox.put(this.#given('open'), 0)
  }

  received(bytes: Buffer, isBinary: boolean): void {
    // When the client closes, its last messages are still taken: they may have had to be decompressed.
    if (this.#isLeaving) return
    const { request } = this
    const data = isBinary ? bytes : bytes.toString()
    this.#inbox.put({ socket: this, request, params: this.#params, event: 'message', data }, bytes.length)
  }

  /** The socket has closed. */
  ended(code: number, reason: string): void {
    this.closed = { code, reason }
    this.#within(() => this.#abort?.abort())
    for (const room of this.#rooms ?? []) this.#shared.rooms.leave(room, this)
    if (this.#inbox.isIdle) this.idle()
  }

  /**
   * Takes no more messages, and closes when the received ones have been handled. It does not wait for the handler of the
   * opening, which may go on sending as long as the connection is open.
   */
  drain(): void {
    this.#isLeaving = true
    if (this.#isOpening || this.#inbox.isIdle) this.close(1_001)
  }

  /** Part of `InboxOwner`. */
  begin(given: Given): void {
    if (given.event !== 'message' || this.#handlers.message)
      this.#within(
        this.#shared.deliver,
        new Envelope(this.actor.address, given, this.#details),
        this.#settled,
      )
    else this.#inbox.done()
  }

  /** Part of `InboxOwner`. */
  idle(): void {
    if (this.closed) this.#conclude(this.closed)
    else if (this.#isLeaving) this.close(1_001)
  }

  /** Part of `InboxOwner`. */
  pause(isPaused: boolean): void {
    this.link.pause(isPaused)
  }

  /** One function for all deliveries of the connection. */
  readonly #settled = (settlement: Settlement): void => {
    try {
      if (settlement.state !== 'acked') this.#failed(settlement)
      else if (this.#isOpening) this.#replied(settlement.reply)
      else if (settlement.reply !== undefined && isAnswer(settlement.reply)) this.#unsent(settlement.reply)
    } catch (error) {
      // The returned value is not a reply, or its fields throw.
      this.#failed({ state: 'dropped', reason: reasonOf(error), error })
    }
    this.#isOpening = false
    this.#inbox.done()
  }

  #replied(reply: unknown): void {
    const handlers = handlersOf(reply)
    if (typeof handlers === 'string')
      throw new TomodachiError('SOCKET_REPLY_INVALID', { address: this.actor.address, problem: handlers })
    this.#handlers = handlers
  }

  /** Warns, once for each route, that a message or close handler has returned what looks like an answer. */
  #unsent(returned: unknown): void {
    if (this.#shared.warned.has(this.actor)) return
    this.#shared.warned.add(this.actor)
    this.actor.log.warn(
      'the return value of a message or close handler is not sent; call socket.send(…) instead',
      {
        returned: kindOf(returned),
      },
    )
  }

  #failed(settlement: Exclude<Settlement, { state: 'acked' }>): void {
    this.#inbox.clear()
    // Released at the drain deadline, not because of an error.
    if (settlement.state === 'released') return this.close(1_001)
    this.hasFailed = true
    this.actor.log.error('handler failed', { error: settlement.error })
    this.close(1_011)
  }

  /** The close handler is called last, once. */
  #conclude(closed: Closed): void {
    if (this.#isCloseTold || !this.#handlers.close) return this.#shared.ended(this)
    this.#isCloseTold = true
    this.#inbox.put({ ...this.#given('close'), closed }, 0)
  }

  #given(event: Given['event']): Given {
    return { socket: this, request: this.request, params: this.#params, event }
  }

  /** Part of `LinkOwner`. */
  cutOff(reason: CutReason): void {
    this.hasFailed = true
    this.actor.log.warn('a client was cut off', { reason })
    this.link.ws.terminate()
  }
}
