import { finished, type Readable, type Writable } from 'node:stream'

/** Most bytes that are inspected if a reply claims something about its body. */
const enough = 16_384

/** What a stream has ready. */
export type Chunk = string | Uint8Array

/**
 * Resolves with the first chunk of a stream, or with null if it ends without any. So a stream that fails before its
 * first chunk can be answered with an error. Rejects with the failure of the stream, and when the client leaves.
 */
export function firstOf(body: Readable, response: Writable): Promise<Chunk | null> {
  return new Promise((resolve, reject) => {
    const stopWatching = finished(body, { writable: false }, (error) => over(null, error))
    const gone = () =>
      over(null, Object.assign(new Error('the client has gone'), { code: 'ERR_STREAM_PREMATURE_CLOSE' }))
    // It is read at once: a stream that fails right afterwards would lose it.
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
 * Reads what a stream has ready behind its first chunk, and puts back what is incomplete. With fewer than `least` bytes it waits
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
    // Even a large chunk may be the only one.
    if (size >= enough && chunks.length > 1) break
    await turn()
    chunk = body.read() as Chunk | null
    if (chunk === null && size < least) chunk = await firstOf(body, response)
  }
  // The end of a stream is emitted in a turn of its own.
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
