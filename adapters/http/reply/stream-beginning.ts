import { finished, type Readable, type Writable } from 'node:stream'

/** Bytes that are looked at, at most, where a reply says something of its body that can be wrong. */
const enough = 16_384

/** What a stream gives at once. */
export type Chunk = string | Uint8Array

/**
 * Resolves with the first chunk of a stream, with null for one that ends without any: what fails before is answered as an error.
 * Rejects with what the stream fails with, and when the one who would be sent it goes away.
 */
export function firstOf(body: Readable, response: Writable): Promise<Chunk | null> {
  return new Promise((resolve, reject) => {
    const stopWatching = finished(body, { writable: false }, (error) => over(null, error))
    const gone = () =>
      over(null, Object.assign(new Error('the client has gone'), { code: 'ERR_STREAM_PREMATURE_CLOSE' }))
    // It is taken at once: a stream that fails right behind it would lose it.
    const ready = () => over(body.read())
    body.once('readable', ready)
    response.once('close', gone)

    function over(chunk: Chunk | null, error?: Error | null): void {
      stopWatching()
      body.off('readable', ready)
      response.off('close', gone)
      if (error) reject(error)
      else resolve(chunk)
    }
  })
}

/** The first bytes of a stream, and whether they are all of it. */
export interface Beginning {
  readonly bytes: Buffer
  readonly whole: boolean
}

/**
 * Looks at what a stream has ready behind its first chunk, and puts back what is not whole. With less than `least` bytes it waits
 * for more. Rejects as `firstOf` does.
 */
export async function beginningOf(
  body: Readable,
  response: Writable,
  first: Chunk | null,
  least: number,
): Promise<Beginning> {
  const chunks: Chunk[] = []
  let size = 0
  for (let chunk = first; chunk !== null; ) {
    chunks.push(chunk)
    size += chunk.length
    // One chunk may be all there is, however large it is.
    if (size >= enough && chunks.length > 1) break
    await turn()
    chunk = body.read() as Chunk | null
    if (chunk === null && size < least) chunk = await firstOf(body, response)
  }
  // Its end is told in a turn of its own.
  await turn()
  if (body.errored) throw body.errored
  const bytes = Buffer.concat(chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk)))
  if (body.readableEnded) return { bytes, whole: true }
  for (const chunk of chunks.reverse()) body.unshift(chunk)
  return { bytes, whole: false }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
