import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { MaybePromise } from '../../kernel/adapter-kit.ts'
import { checkMessage, frameOf, type Message } from './frame.ts'

/** How many answers to pings may wait to be sent. */
const mostPongs = 50

/** How many bytes a peer may leave unread, and for how many heartbeats it may be silent. */
export interface LinkLimits {
  readonly highWaterMark: number
  readonly sendLimit: number
  readonly pingAfter: number
  readonly deadAfter: number
  readonly stuckAfter: number
}

/** Why a peer was cut off. */
export type CutReason =
  | 'it does not answer pings'
  | 'it does not read what it is sent'
  | 'it has too much left to read'

/** The owner of a link. */
export interface LinkOwner {
  /** Called when the peer is to be cut off. */
  cutOff(reason: CutReason): void
}

/**
 * The sending side of one connection, and the check whether its peer is alive. Frames are written past ws, which would write each
 * in two parts. All frames of one turn of the event loop are sent together.
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
  /** Answers to pings that have not been sent yet, and the ping to answer after them. */
  #pongs = 0
  #lastPing: Buffer | undefined

  constructor(ws: WebSocket, socket: Duplex, limits: LinkLimits, owner: LinkOwner) {
    this.ws = ws
    // The connections of a server are sockets, with TLS or without; we only need their byte counters.
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

  /** Sends a message. When much already waits, it returns a promise, which resolves when the message has been sent or is lost. Throws `OPTION_INVALID`. */
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

  /** Answers a ping. When pings arrive faster than answers leave, only the last is answered (RFC 6455, 5.5.3). */
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
   * Pings a silent peer, and cuts off one that is dead or does not read. It counts beats instead of time, so that after a
   * suspension of the process every peer gets a chance to answer.
   */
  beat(): void {
    const { bytesRead, writableLength } = this.#socket
    const isSilent = bytesRead === this.#bytesRead && !this.#isPaused
    this.#bytesRead = bytesRead
    if (writableLength > 0) return this.#beatBlocked(writableLength)
    this.#stuck = 0
    this.#quiet = isSilent ? this.#quiet + 1 : 0
    if (this.#quiet === this.#limits.pingAfter && this.isOpen) this.ws.ping()
    else if (this.#quiet > this.#limits.deadAfter) this.#owner.cutOff('it does not answer pings')
  }

  #beatBlocked(waiting: number): void {
    const bytesTaken = this.#socket.bytesWritten - waiting
    this.#stuck = bytesTaken > this.#bytesTaken ? 0 : this.#stuck + 1
    this.#bytesTaken = bytesTaken
    if (this.#stuck > this.#limits.stuckAfter) this.#owner.cutOff('it does not read what it is sent')
  }

  #isTooMuch(waiting: number): boolean {
    if (waiting <= this.#limits.sendLimit) return false
    this.#owner.cutOff('it has too much left to read')
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

  /** Sends what was written in this turn. */
  flush(): void {
    this.#isCorked = false
    this.#socket.uncork()
  }
}

/** All links share this function; otherwise each turn would need a closure. */
function flush(link: Link): void {
  link.flush()
}
