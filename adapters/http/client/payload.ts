import { Readable } from 'node:stream'
import type { FormData as UndiciForm } from 'undici'
import { reasonOf } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'
import { streamOf } from '../message/source-stream.ts'
import type { StreamBody } from '../reply/reply.ts'

/** The body of a call: text, bytes, a form, or a stream. A stream is read once, so it is never sent again. */
export type CallBody = string | Uint8Array | URLSearchParams | FormData | StreamBody

/** The body of a request, ready to be sent. */
export interface Payload {
  readonly content: string | Uint8Array | FormData | AsyncIterable<unknown> | undefined
  readonly contentType: string | undefined
  /** Whether it can be sent again. */
  readonly repeatable: boolean
  /** The error with which the caller's own stream failed; undefined while it has not. */
  failure(): unknown
  /** Lets go of a stream that was not read to its end. */
  release(): void
}

/**
 * Throws `OPTIONS_CONFLICT` if both are given, `PAYLOAD_UNBUILDABLE` for a value that JSON cannot carry, and
 * `OPTION_INVALID`.
 */
export function payloadOf(call: string, body: CallBody | undefined, json: unknown): Payload {
  if (json !== undefined) {
    if (body !== undefined) throw new TomodachiError('OPTIONS_CONFLICT', { one: 'body', other: 'json' })
    return whole(jsonText(call, json), 'application/json')
  }
  if (body === undefined || body instanceof Uint8Array) return whole(body)
  if (typeof body === 'string') return whole(body, 'text/plain; charset=utf-8')
  // The sender of a form chooses the boundary between its parts and names it in the content type.
  if (isForm(body)) return whole(body)
  if (body instanceof URLSearchParams)
    return whole(body.toString(), 'application/x-www-form-urlencoded;charset=UTF-8')
  if (typeof body !== 'object' || body === null || !(Symbol.asyncIterator in body)) {
    throw new TomodachiError('OPTION_INVALID', {
      option: `the body of ${call}`,
      expected: 'a string, bytes, a form or a stream; give an object as json',
      actual: body,
    })
  }
  return streamed(body as AsyncIterable<unknown>)
}

function jsonText(call: string, json: unknown): string {
  try {
    const text = JSON.stringify(json) as string | undefined
    if (text !== undefined) return text
  } catch (error) {
    throw new TomodachiError(
      'PAYLOAD_UNBUILDABLE',
      { topic: call, reason: reasonOf(error) },
      { cause: error },
    )
  }
  throw new TomodachiError('PAYLOAD_UNBUILDABLE', {
    topic: call,
    reason: `JSON cannot carry a ${typeof json}`,
  })
}

/** Whether it is a form, of node's own class or of one of undici's. */
export function isForm(body: unknown): body is FormData {
  return Object.prototype.toString.call(body) === '[object FormData]'
}

/** A form as undici takes it: only of its own class. */
export async function undiciForm(form: FormData): Promise<UndiciForm> {
  const own = new (await import('undici')).FormData()
  for (const [name, value] of form) {
    if (typeof value === 'string') own.append(name, value)
    else own.append(name, value, value.name)
  }
  return own
}

function whole(content: string | Uint8Array | FormData | undefined, contentType?: string): Payload {
  return { content, contentType, repeatable: true, failure: () => undefined, release: () => {} }
}

function streamed(body: AsyncIterable<unknown>): Payload {
  const source = body instanceof Readable ? body : streamOf(body)
  let failure: unknown
  // Its failure is reported where it is read. If nobody reads it any more, the failure must not end the process.
  source.on('error', () => {})
  return {
    content: watched(),
    contentType: undefined,
    repeatable: false,
    failure: () => failure,
    release: () => source.destroy(),
  }

  /** Records only what the stream itself throws, not what goes wrong on the connection. */
  async function* watched(): AsyncGenerator<unknown> {
    try {
      yield* source
    } catch (error) {
      failure = error
      throw error
    }
  }
}
