import { Readable } from 'node:stream'
import {
  asError,
  duration,
  lineOfText,
  optionShape,
  resolveOptions,
  type ShapesOf,
  spawn,
} from '../../../kernel/adapter-kit.ts'
import type { Duration } from '../../../kernel/index.ts'
import { timeLimit } from '../options/time-limit.ts'

/** One event, as the HTML standard has them (9.2, Server-sent events). */
export interface ServerEvent {
  /** Text as it is, anything else as JSON. An event without data is not seen by scripts. */
  readonly data?: unknown
  /** Its type, of one line; scripts take it for `message` without. */
  readonly event?: string | undefined
  /** Of one line. The browser sends the last one when it comes back: `request.lastEventId`. */
  readonly id?: string | undefined
  /** How long the browser waits before it comes back when the connection has ended, in whole milliseconds. */
  readonly retry?: Duration | undefined
}

/** Where events come from. A function is called when the client is there; its signal aborts when it leaves, or we stop. */
export type EventsFrom = AsyncIterable<ServerEvent> | ((signal: AbortSignal) => AsyncIterable<ServerEvent>)

/** How server-sent events are to be sent. */
export interface EventsOptions {
  /** Time without an event after which a comment keeps the connection alive; 0 or Infinity for never. Default `15s`. */
  readonly heartbeat?: Duration | undefined
}

const shapes = {
  heartbeat: timeLimit('15s'),
} satisfies ShapesOf<EventsOptions>

const eventShapes = {
  data: optionShape<unknown>(undefined, 'any value', (value) => value),
  // A line break in a field would begin another one, or another event.
  event: lineOfText(undefined, { empty: true }),
  id: lineOfText(undefined, { empty: true }),
  retry: duration(undefined, { step: '1ms' }),
} satisfies ShapesOf<ServerEvent>

const eventPlace = { owner: 'events', path: 'event.' }

/** The reply that streams events. */
export type EventsReply = readonly [
  status: 200,
  body: Readable,
  headers: Readonly<Record<'content-type' | 'cache-control' | 'x-accel-buffering', string>>,
]

/**
 * Replies with server-sent events: `() => events((signal) => on(emitter, 'order', { signal }))`. The stream ends with its
 * source, and at once when the server drains: browsers come back by themselves, to another instance. The source's
 * iterator is returned when the client leaves. Throws `OPTION_INVALID`.
 */
export function events(source: EventsFrom, options: EventsOptions = {}): EventsReply {
  const { heartbeat } = resolveOptions('events', options, shapes)
  const headers = {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // What nginx needs to be told, lest it keep events until its buffer is full.
    'x-accel-buffering': 'no',
  }
  return [200, new EventStream(source, heartbeat), headers]
}

/** A comment: bytes that are no event. */
const nothing = ':\n\n'

/** The events as bytes. One is asked for when the client has taken those before. */
export class EventStream extends Readable {
  readonly #source: EventsFrom
  readonly #heartbeat: number
  readonly #left = new AbortController()
  #iterator: AsyncIterator<ServerEvent> | undefined
  #timer: NodeJS.Timeout | undefined
  #asking = false
  #isOpen = false

  constructor(source: EventsFrom, heartbeat: number) {
    super()
    this.#source = source
    this.#heartbeat = heartbeat
  }

  /** Ends it from our side, after what has been handed out. */
  finish(): void {
    if (!this.#left.signal.aborted) this.push(null)
    this.#leave()
  }

  /** The source is opened by whoever reads: for HEAD nobody does. */
  override _read(): void {
    if (this.#iterator === undefined) this.#open()
    if (this.#asking || this.#left.signal.aborted) return
    this.#asking = true
    spawn('asking for an event', () => this.#ask())
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#leave()
    done(error)
  }

  #open(): void {
    const { signal } = this.#left
    const iterable = typeof this.#source === 'function' ? this.#source(signal) : this.#source
    this.#iterator = iterable[Symbol.asyncIterator]()
    // A source that fails before that is answered as an error.
    setImmediate(() => this.#tellOpen())
    if (this.#heartbeat === 0) return
    this.#timer = setInterval(() => {
      if (this.readableLength === 0) this.push(nothing)
    }, this.#heartbeat)
  }

  /** The browser learns that the stream is open from its first byte. */
  #tellOpen(): void {
    if (this.#isOpen || this.#left.signal.aborted) return
    this.#isOpen = true
    this.push(nothing)
  }

  async #ask(): Promise<void> {
    try {
      const { done, value } = await (this.#iterator as AsyncIterator<ServerEvent>).next()
      this.#asking = false
      if (this.#left.signal.aborted) return
      const frame = done ? undefined : frameOf(value)
      this.#tellOpen()
      if (frame === undefined) return this.finish()
      this.#timer?.refresh()
      this.push(frame)
    } catch (error) {
      // A source that was told to end may do so by throwing.
      if (!this.#left.signal.aborted) this.destroy(asError(error))
    }
  }

  /** Lets go of the source, once. It may be waiting for its next event; nobody waits for it. */
  #leave(): void {
    if (this.#left.signal.aborted) return
    clearInterval(this.#timer)
    this.#left.abort()
    const iterator = this.#iterator
    if (iterator?.return) spawn('ending a source of events', async () => void (await iterator.return?.()))
  }
}

function frameOf(given: ServerEvent): string {
  const { data, event, id, retry } = resolveOptions(eventPlace, given, eventShapes)
  let frame = ''
  if (event !== undefined) frame += `event: ${event}\n`
  if (id !== undefined) frame += `id: ${id}\n`
  if (retry !== undefined) frame += `retry: ${retry}\n`
  if (data !== undefined) {
    const text = typeof data === 'string' ? data : JSON.stringify(data)
    for (const line of text.split(/\r\n|\r|\n/)) frame += `data: ${line}\n`
  }
  return `${frame}\n`
}

/** The replies that last as long as their client: a drain would wait for them until its deadline. */
export class OpenStreams {
  readonly #open = new Set<EventStream>()
  #draining = false

  /** Knows a body that is being sent, if it is of that kind. */
  add(body: Readable): void {
    if (!(body instanceof EventStream)) return
    if (this.#draining) return body.finish()
    this.#open.add(body)
    body.once('close', () => this.#open.delete(body))
  }

  /** Ends them, and from now on each one at once. */
  drain(): void {
    this.#draining = true
    for (const stream of this.#open) stream.finish()
  }
}
