import { Writable } from 'node:stream'

/** How long the end of the process waits for a logger, in milliseconds. */
export const longestFinish = 3_000

let abandon: () => void = () => {}
const abandoned = new Promise<void>((resolve) => {
  abandon = resolve
})
const flushes = new Set<() => Promise<void>>()

/** From now on nothing waits for a logger or a flush, because the process is to end at once. */
export function abandonLogs(): void {
  flushes.clear()
  abandon()
}

/**
 * Has the end of the process wait for `flush`: after everything has stopped, and before the logger writes out what it
 * holds, so that `flush` can log. It is called once, and has to resolve within a few seconds.
 */
export function flushAtEnd(flush: () => Promise<void>): void {
  flushes.add(flush)
}

let flushing: Promise<unknown> | undefined

/** Whether something is to be flushed before the process ends, or is being flushed. */
export function holdsFlushes(): boolean {
  return flushes.size > 0 || flushing !== undefined
}

/** Resolves when everything is flushed, or when nothing waits for it any longer. Never rejects. */
export async function flushed(): Promise<void> {
  const begun = [...flushes].map(async (flush) => flush())
  flushes.clear()
  const all = Promise.allSettled([flushing, ...begun])
  flushing = all
  await Promise.race([all, abandoned])
  if (flushing === all) flushing = undefined
}

/** How a logger of another library writes out the records that it holds. */
export interface Finish {
  /** Resolves when everything that was logged has arrived. It may reject, or never resolve. */
  finish(): Promise<void>
  /** Whether the logger accepts no records afterwards. */
  readonly isFinal: boolean
}

type Callback = (error?: unknown) => void
type Emitter = { once(event: string, listener: Callback): unknown }

/**
 * How the logger writes out what it holds: through `flush`, which may return a promise or take a callback (pino);
 * through `end`, after which a stream emits `finish` (winston); or through the streams that it writes to (bunyan).
 * Undefined if it has none of them.
 */
export function finishOf(logger: Record<string, unknown>): Finish | undefined {
  if (typeof logger.flush === 'function')
    return { isFinal: false, finish: () => fromCallback(logger, 'flush') }
  if (typeof logger.end === 'function') {
    return { isFinal: true, finish: () => (isStream(logger) ? ended(logger) : fromCallback(logger, 'end')) }
  }
  const streams = writableStreams(logger.streams)
  if (streams.length === 0) return undefined
  return { isFinal: false, finish: async () => void (await Promise.all(streams.map(drained))) }
}

/** Resolves when the logger has finished, has failed, has taken too long, or is no longer waited for. Never rejects. */
export async function finished(finish: Finish): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, longestFinish)
  })
  const done = (async () => finish.finish())().catch(() => {})
  await Promise.race([done, late, abandoned])
  clearTimeout(timer)
}

/** Calls the method, and waits for its promise, or for the callback if it takes one. */
async function fromCallback(logger: Record<string, unknown>, name: string): Promise<void> {
  const method = logger[name] as (callback: Callback) => unknown
  await new Promise<void>((resolve, reject) => {
    const result: unknown = method.call(logger, () => resolve())
    if (isThenable(result)) result.then(() => resolve(), reject)
    else if (method.length === 0) resolve()
  })
}

async function ended(logger: Record<string, unknown> & Emitter): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    for (const event of ['finish', 'close', 'error']) logger.once(event, () => resolve())
    const result: unknown = (logger.end as () => unknown).call(logger)
    if (isThenable(result)) result.then(() => resolve(), reject)
  })
}

function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    stream.once('error', () => resolve())
    stream.write('', () => resolve())
  })
}

function writableStreams(streams: unknown): Writable[] {
  if (!Array.isArray(streams)) return []
  return streams
    .map((entry: { readonly stream?: unknown } | null | undefined) => entry?.stream)
    .filter(
      (stream) => stream instanceof Writable && stream.writable && !stream.writableObjectMode,
    ) as Writable[]
}

function isStream(logger: Record<string, unknown>): logger is Record<string, unknown> & Emitter {
  return typeof logger.once === 'function' && typeof logger.write === 'function'
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function'
}
