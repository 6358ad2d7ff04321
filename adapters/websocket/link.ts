import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { MaybePromise } from '../../kernel/adapter-kit.ts'
import { checkMessage, frameOf, type Message } from './frame.ts'

/** Answers to pings that may wait to leave. */
const mostPongs = 50

/** How much a peer may leave unread, in bytes, and how long it may be silent, in beats of the heart. */
export interface LinkLimits {
  readonly highWaterMark: number
  readonly sendLimit: number
  readonly pingAfter: number
  readonly deadAfter: number
  readonly stuckAfter: number
}

/** Why a peer was cut off. */
export type CutReason =
  | 'it gave no sign of life'
  | 'it does not take what is sent'
  | 'too much waits to be sent'

/** Who a link belongs to. */
export interface LinkOwner {
  /** The peer is not worth waiting for. */
  cutOff(reason: CutReason): void
}

/**
 * The sending side of one connection, and whether its peer lives. Frames are written past ws, which would make two
 * writes of each; those of one turn of the event loop go out together.
 */
export class Link {
  readonly ws: WebSocket
  readonly #socket: Socket
  readonly #limits: LinkLimits
  readonly #owner: LinkOwner
  readonly #isCompressed: boolean
  #isCorked = false
  #isPaused = false
  /** Beats since something was read. */
  #quiet = 0
  #bytesRead = 0
  /** Beats since something that waited was taken. */
  #stuck = 0
  #bytesTaken = 0
  /** Answers to pings that have not left, and the ping that is answered after them. */
  #pongs = 0
  #lastPing: Buffer | undefined

  constructor(ws: WebSocket, socket: Duplex, limits: LinkLimits, owner: LinkOwner) {
    this.ws = ws
    // A server's connections are sockets, with TLS or without; only the counters of bytes are asked for.
    this.#socket = socket as Socket
    this.#limits = limits
    this.#owner = owner
    this.#isCompressed = ws.extensions !== ''
  }

  get isOpen(): boolean {
    return this.ws.readyState === 1
  }

  /** Bytes that wait to be sent. */
  get bufferedBytes(): number {
    return this.ws.bufferedAmount
  }

  /** Sends a message. Returns a promise when much waits already: it resolves when the message was taken, or is lost. Throws `OPTION_INVALID`. */
  send(message: Message): MaybePromise<void> {
    checkMessage(message)
    if (!this.isOpen) return
    if (this.#isCompressed) return this.#compress(message)
    const waiting = this.#socket.writableLength
    if (this.#isTooMuch(waiting)) return
    const frame = frameOf(message)
    if (waiting + frame.length <= this.#limits.highWaterMark) {
      this.#cork()
      this.#socket.write(frame)
      return
    }
    return new Promise((resolve) => {
      this.#cork()
      this.#socket.write(frame, () => resolve())
    })
  }

  /** Sends a message whose frame was made for several peers. */
  post(frame: Buffer, message: Message): void {
    if (!this.isOpen || this.#isTooMuch(this.bufferedBytes)) return
    if (this.#isCompressed) return this.ws.send(message)
    this.#cork()
    this.#socket.write(frame)
  }

  /** Answers a ping; of those that come faster than answers leave, the last alone (RFC 6455, 5.5.3). */
  pong(payload: Buffer): void {
    if (this.#pongs === mostPongs) this.#lastPing = payload
    else if (this.isOpen) {
      this.#pongs++
      this.ws.pong(payload, false, () => this.#ponged())
    }
  }

  #ponged(): void {
    this.#pongs--
    const payload = this.#lastPing
    if (payload === undefined) return
    this.#lastPing = undefined
    this.pong(payload)
  }

  /** Stops reading, or goes on. */
  pause(isPaused: boolean): void {
    if (this.#isPaused === isPaused) return
    this.#isPaused = isPaused
    if (isPaused) this.ws.pause()
    else this.ws.resume()
  }

  /**
   * Pings a peer that is silent, and cuts off one that is dead or does not read. Beats are counted, not timed: after the
   * process was suspended, every peer gets the chance to be heard.
   */
  beat(): void {
    const { bytesRead, writableLength } = this.#socket
    const isSilent = bytesRead === this.#bytesRead && !this.#isPaused
    this.#bytesRead = bytesRead
    if (writableLength > 0) return this.#beatBlocked(writableLength)
    this.#stuck = 0
    this.#quiet = isSilent ? this.#quiet + 1 : 0
    if (this.#quiet === this.#limits.pingAfter && this.isOpen) this.ws.ping()
    else if (this.#quiet > this.#limits.deadAfter) this.#owner.cutOff('it gave no sign of life')
  }

  #beatBlocked(waiting: number): void {
    const bytesTaken = this.#socket.bytesWritten - waiting
    this.#stuck = bytesTaken > this.#bytesTaken ? 0 : this.#stuck + 1
    this.#bytesTaken = bytesTaken
    if (this.#stuck > this.#limits.stuckAfter) this.#owner.cutOff('it does not take what is sent')
  }

  #isTooMuch(waiting: number): boolean {
    if (waiting <= this.#limits.sendLimit) return false
    this.#owner.cutOff('too much waits to be sent')
    return true
  }

  #compress(message: Message): MaybePromise<void> {
    const waiting = this.bufferedBytes
    if (this.#isTooMuch(waiting)) return
    if (waiting + message.length <= this.#limits.highWaterMark) return this.ws.send(message)
    return new Promise((resolve) => this.ws.send(message, () => resolve()))
  }

  #cork(): void {
    if (this.#isCorked) return
    this.#isCorked = true
    this.#socket.cork()
    process.nextTick(flush, this)
  }

  /** Lets out what was written in this turn. */
  flush(): void {
    this.#isCorked = false
    this.#socket.uncork()
  }
}

/** One function for all links: a closure for each turn would have to be made. */
function flush(link: Link): void {
  link.flush()
}
