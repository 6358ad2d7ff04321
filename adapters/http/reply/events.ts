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
  /** The data: text is sent as it is, anything else as JSON. Scripts do not see an event without data. */
  readonly data?: unknown
  /** The type of the event, on one line. Without one, scripts see a `message`. */
  readonly event?: string | undefined
  /** The id of the event, on one line. A browser that reconnects sends the last id it got: `request.lastEventId`. */
  readonly id?: string | undefined
  /** How long the browser waits before it reconnects, in whole milliseconds. */
  readonly retry?: Duration | undefined
}

/**
 * The source of events: an async iterable, or a function that returns one. A function is called once the reply is being
 * sent; its signal aborts when the client leaves or the server stops.
 */
export type EventsFrom = AsyncIterable<ServerEvent> | ((signal: AbortSignal) => AsyncIterable<ServerEvent>)

/** How server-sent events are sent. */
export interface EventsOptions {
  /**
   * How long no event may be sent before a comment keeps the connection alive; 0 or Infinity for never. Default `15s`.
   */
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
 * Replies with server-sent events: `() => events(async function* () { yield { data: 'hello' } })`. The stream ends with
 * its source, or at once when the server drains; browsers then reconnect by themselves, to another instance. When the
 * client leaves, `return()` of the source's iterator is called. Throws `OPTION_INVALID`.
 */
export function events(source: EventsFrom, options: EventsOptions = {}): EventsReply {
  const { heartbeat } = resolveOptions('events', options, shapes)
  const headers = {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // Without it, nginx keeps events until its buffer is full.
    'x-accel-buffering': 'no',
  }
  return [200, new EventStream(source, heartbeat), headers]
}

/** A comment: bytes that are not an event. */
const nothing = ':\n\n'

/** The events as bytes. The next event is requested when the client has read the earlier ones. */
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

  /** Ends the stream from our side, after the events that are already in it. */
  finish(): void {
    if (!this.#left.signal.aborted) this.push(null)
    this.#leave()
  }

  /** The first read opens the source; the reply to a HEAD request is never read. */
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
    // A source that fails before that is answered with an error.
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

  /** Releases the source, once. This does not wait for it, because it may be waiting for its next event. */
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

/**
 * Replies that last as long as their client. A drain ends them, because it would otherwise wait for them until its
 * deadline.
 */
export class OpenStreams {
  readonly #open = new Set<EventStream>()
  #draining = false

  /** Remembers a body that is being sent, if it is a stream of events. */
  add(body: Readable): void {
    if (!(body instanceof EventStream)) return
    if (this.#draining) return body.finish()
    this.#open.add(body)
    body.once('close', () => this.#open.delete(body))
  }

  /** Ends all of them, and from now on every new one at once. */
  drain(): void {
    this.#draining = true
    for (const stream of this.#open) stream.finish()
  }
}
