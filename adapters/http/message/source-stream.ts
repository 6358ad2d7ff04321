import { Readable } from 'node:stream'
import { asError } from '../../../kernel/adapter-kit.ts'

/**
 * Pieces that come from elsewhere, as a stream of node. What their source throws becomes an error: node's streams read the
 * stack of whatever they are destroyed with where nobody can catch what its getter throws, and take a thrown `undefined`
 * for no failure.
 */
export function streamOf(source: AsyncIterable<unknown> | ReadableStream): Readable {
  const open = () => (source instanceof ReadableStream ? readerOf(source) : source[Symbol.asyncIterator]())
  return Readable.from({ [Symbol.asyncIterator]: () => guarded(open()) }, { objectMode: false })
}

/** Not the stream's own iterator, whose end would wait for a read that is under way. */
function readerOf(stream: ReadableStream): AsyncIterator<unknown> {
  const reader = stream.getReader()
  return {
    next: () => reader.read(),
    async return() {
      await reader.cancel()
      return { done: true, value: undefined }
    },
  }
}

function guarded(iterator: AsyncIterator<unknown>): AsyncIterator<unknown> {
  return {
    next: () => harmless(() => iterator.next()),
    return: () => harmless(async () => (await iterator.return?.()) ?? { done: true, value: undefined }),
  }
}

async function harmless(
  step: () => Promise<IteratorResult<unknown>>,
): Promise<IteratorResult<unknown, undefined>> {
  try {
    const { done, value } = await step()
    return done ? { done, value: undefined } : { done: false, value: await value }
  } catch (error) {
    throw asError(error)
  }
}
