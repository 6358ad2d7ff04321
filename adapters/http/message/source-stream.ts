import { Readable } from 'node:stream'
import { asError } from '../../../kernel/adapter-kit.ts'

/**
 * Makes a node stream of an iterable. Whatever the iterable throws becomes an Error. Otherwise node would not see a
 * thrown `undefined` as a failure, and it would read the `stack` of other values where nobody can catch a throwing
 * getter.
 */
export function streamOf(source: AsyncIterable<unknown> | ReadableStream): Readable {
  const open = () => (source instanceof ReadableStream ? readerOf(source) : source[Symbol.asyncIterator]())
  return Readable.from({ [Symbol.asyncIterator]: () => guarded(open()) }, { objectMode: false })
}

/** Does not use the stream's own iterator, because ending that would wait for a pending read. */
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
