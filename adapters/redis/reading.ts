import { spawn } from '../../kernel/adapter-kit.ts'
import { answered, type Connection } from './connection.ts'
import type { ReturnedEntry } from './message.ts'
import { group } from './scripts.ts'
import type { Server } from './server.ts'

/** Up to this number, each queue of a bus has a connection of its own. */
const mostAlone = 32
/** Most queues that share a connection. */
const mostTogether = 64
/** How often a call is unblocked until it ends, in milliseconds. The first time, it may not have begun to wait. */
const pause = 10

/** How many queues share a connection if a bus reads `queues` of them. */
export const sharing = (queues: number): number =>
  Math.max(1, Math.min(mostTogether, Math.ceil(queues / mostAlone)))

type Entries = readonly ReturnedEntry[]

/** A queue that is read over a connection. */
export interface Place {
  /** When the connection was opened, on the clock of `performance.now()`. */
  readonly since: number
  /** Resolves with the next entries, at most `room`; with none at `until`, on the same clock, or when stopped. */
  read(room: number, until: number): Promise<Entries>
  /** Ends the read that is under way. */
  stop(): void
  /** Call it when no read is under way. When the last place is left, the connection is closed. */
  leave(): void
}

/** A queue and what it waits for. */
interface Reader {
  readonly stream: string
  room: number
  /** 0 once it is stopped. */
  until: number
  /** Whether it got as many entries as it asked for, so that there may be more. */
  isBusy: boolean
  resolve(entries: Entries): void
  reject(error: unknown): void
}

/**
 * Reads queues over one connection. One call waits there for the messages of all queues that have room; whoever gets room
 * meanwhile interrupts it and joins the next one. Before that it is read over the connection for commands, without
 * waiting: as long as that finds messages, a busy queue interrupts nobody.
 */
export class Reading {
  readonly #server: Server
  readonly #ended: () => void
  /** The connection, and its id on the server. */
  readonly #line: Promise<readonly [connection: Connection, client: string]>
  readonly #since = performance.now()
  readonly #readers = new Set<Reader>()
  readonly #waiting = new Set<Reader>()
  /** Those of the call that is under way. */
  #called: readonly Reader[] | undefined
  #turn: NodeJS.Immediate | undefined
  #interrupting: NodeJS.Timeout | undefined

  /** `open` is given what to call when the connection is lost. `ended` is called when no queue can join any more. */
  constructor(server: Server, open: (lost: () => void) => Promise<Connection>, ended: () => void) {
    this.#server = server
    this.#ended = ended
    this.#line = open(ended).then(async (connection) => {
      try {
        return [connection, String(await answered(connection.call('CLIENT', 'ID')))]
      } catch (error) {
        connection.close()
        throw error
      }
    })
  }

  /** How many queues are read. */
  get size(): number {
    return this.#readers.size
  }

  /** Adds a queue at once; resolves when it can be read. Rejects as `open` does. */
  async join(stream: string): Promise<Place> {
    const reader: Reader = { stream, room: 0, until: 0, isBusy: false, resolve() {}, reject() {} }
    this.#readers.add(reader)
    const leave = () => this.#leave(reader)
    await this.#line.catch((error: unknown) => {
      leave()
      throw error
    })
    return {
      since: this.#since,
      read: (most, end) => this.#read(reader, most, end),
      stop: () => this.#stop(reader),
      leave,
    }
  }

  /** Resolves when the connection is closed. */
  async close(): Promise<void> {
    await this.#line.then(
      ([connection]) => connection.close(),
      () => {},
    )
  }

  async #read(reader: Reader, room: number, until: number): Promise<Entries> {
    reader.room = room
    reader.until = until
    if (reader.isBusy || this.#called) {
      const [entries] = (await this.#ask(this.#server, [reader])).values()
      if (entries) return entries
    }
    if (reader.until === 0) return []
    return new Promise((resolve, reject) => {
      reader.resolve = resolve
      reader.reject = reject
      this.#waiting.add(reader)
      if (this.#called) this.#interrupt()
      else if (this.#waiting.size === this.#readers.size) this.#call()
      else this.#later()
    })
  }

  #stop(reader: Reader): void {
    reader.until = 0
    if (this.#called?.includes(reader)) this.#interrupt()
    else this.#settle(reader)
  }

  #leave(reader: Reader): void {
    this.#readers.delete(reader)
    if (this.#readers.size > 0) return
    this.#ended()
    spawn('closing a connection', () => this.close())
  }

  /** Waits a turn of the event loop, in which the others ask too. */
  #later(): void {
    this.#turn ??= setImmediate(() => this.#call())
  }

  #call(): void {
    clearImmediate(this.#turn)
    this.#turn = undefined
    if (this.#waiting.size > 0) spawn('waiting for messages', () => this.#wait([...this.#waiting]))
  }

  async #wait(readers: readonly Reader[]): Promise<void> {
    this.#called = readers
    const [connection] = await this.#line
    const end = Math.min(...readers.map(({ until }) => until))
    const wait = Math.max(1, Math.ceil(end - performance.now()))
    try {
      const found = await this.#ask(connection, readers, 'BLOCK', `${wait}`)
      for (const reader of readers) this.#settle(reader, found.get(reader.stream))
    } catch {
      // If one queue is gone, the call fails for all.
      await Promise.all(readers.map((reader) => this.#alone(connection, reader)))
    }
    clearInterval(this.#interrupting)
    this.#interrupting = undefined
    this.#called = undefined
    if (this.#waiting.size > 0) this.#later()
  }

  async #alone(connection: Connection, reader: Reader): Promise<void> {
    try {
      const found = await this.#ask(connection, [reader])
      this.#settle(reader, found.get(reader.stream))
    } catch (error) {
      this.#waiting.delete(reader)
      reader.reject(error)
    }
  }

  #settle(reader: Reader, entries: Entries = []): void {
    if (entries.length === 0 && reader.until > performance.now()) return
    this.#waiting.delete(reader)
    reader.resolve(entries)
  }

  /** Resolves with the entries of each stream; of each, at most as many as the reader with the least room can take. */
  async #ask({ call }: Pick<Connection, 'call'>, readers: readonly Reader[], ...block: readonly string[]) {
    const count = Math.min(...readers.map(({ room }) => room))
    const streams = readers.map(({ stream }) => stream)
    const words = ['GROUP', group, this.#server.options.me, 'COUNT', `${count}`, ...block, 'STREAMS']
    const found = await call('XREADGROUP', ...words, ...streams, ...streams.map(() => '>'))
    const pairs = (found ?? []) as [stream: Buffer, entries: Entries][]
    const entries = new Map(pairs.map(([stream, each]) => [String(stream), each]))
    for (const reader of readers)
      reader.isBusy = this.size > 1 && entries.get(reader.stream)?.length === count
    return entries
  }

  /** Ends the call that is under way. */
  #interrupt(): void {
    if (this.#interrupting) return
    const unblock = async () => {
      const [, client] = await this.#line
      await this.#server.call('CLIENT', 'UNBLOCK', client).catch(() => {})
    }
    const again = () => spawn('ending a call', unblock)
    this.#interrupting = setInterval(again, pause)
    again()
  }
}
