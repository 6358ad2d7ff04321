import { Readable } from 'node:stream'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'
import { TomodachiError } from '../../kernel/index.ts'

/** Bytes that come piece by piece. */
export type StreamBody = ReadableStream | AsyncIterable<string | Uint8Array>

/** Any object that is neither bytes nor a stream is sent as JSON; undefined and null are an empty body. */
export type ReplyBody = string | Uint8Array | StreamBody | object | null | undefined

/** Header fields by name; an array makes a field of its own of each of its values, as `set-cookie` needs. */
export type HeaderFields = Readonly<Record<string, string | number | readonly string[] | undefined>>

/** Everything that an HTTP handler may return. Nothing at all is an empty 200. */
export type HttpReply =
  | string
  | Uint8Array
  | StreamBody
  | Response
  | readonly [status: number, body?: ReplyBody, headers?: HeaderFields]
  | { readonly status?: number; readonly body?: ReplyBody; readonly headers?: HeaderFields }
  | undefined
  // A handler that returns nothing has the type void.
  // biome-ignore lint/suspicious/noConfusingVoidType: see above
  | void

/** A reply in one shape: what to write. */
export interface Answer {
  readonly status: number
  readonly body: string | Uint8Array | Readable | undefined
  /** Names and values in turn, without those that the writer adds. */
  readonly headers: readonly (string | number)[]
  /** The content type when the reply names one. */
  readonly contentType: string | undefined
}

const noHeaders: readonly string[] = []

/**
 * Brings a reply into one shape. `status` is what it has when it names none. Throws `REPLY_INVALID` for anything that
 * is not a reply, and `REPLY_CHARSET` for text that its own charset cannot carry.
 */
export function answerOf(reply: unknown, status: number, address: string): Answer {
  if (typeof reply === 'string' || reply instanceof Uint8Array) {
    return { status, body: reply, headers: noHeaders, contentType: undefined }
  }
  if (reply === undefined || reply === null)
    return { status, body: undefined, headers: noHeaders, contentType: undefined }
  const answer = typeof reply === 'object' ? answerOfObject(reply, status) : undefined
  if (answer === undefined) throw new TomodachiError('REPLY_INVALID', { address, actual: reply })
  return answer
}

/** Undefined for an object that is no reply. */
function answerOfObject(reply: object, status: number): Answer | undefined {
  if (reply instanceof Response) return answerOfResponse(reply)
  if (isStream(reply)) return { status, body: streamOf(reply), headers: noHeaders, contentType: undefined }
  if (Array.isArray(reply)) {
    const [own, body, headers] = reply as [number, ReplyBody?, HeaderFields?]
    if (reply.length === 0 || reply.length > 3) return undefined
    return isStatus(own) && isBody(body) && isFields(headers) ? answerOfParts(own, body, headers) : undefined
  }
  if (!isParts(reply)) return undefined
  const { status: own = status, body, headers } = reply
  return isStatus(own) && isBody(body) && isFields(headers) ? answerOfParts(own, body, headers) : undefined
}

function answerOfParts(status: number, body: ReplyBody, fields: HeaderFields | undefined): Answer {
  if (fields === undefined) return answerOfBody(status, body, noHeaders, undefined)
  const headers: (string | number)[] = []
  let contentType: string | undefined
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    if (name.length === 12 && name.toLowerCase() === 'content-type') contentType = String(value)
    else if (Array.isArray(value)) for (const one of value) headers.push(name, one)
    else headers.push(name, value as string | number)
  }
  return answerOfBody(status, body, headers, contentType)
}

function answerOfBody(
  status: number,
  body: ReplyBody,
  headers: Answer['headers'],
  contentType: string | undefined,
): Answer {
  if (typeof body === 'string') return { status, body: encoded(body, contentType), headers, contentType }
  if (body === undefined || body === null) return { status, body: undefined, headers, contentType }
  if (body instanceof Uint8Array) return { status, body, headers, contentType }
  if (isStream(body)) return { status, body: streamOf(body), headers, contentType }
  return {
    status,
    body: JSON.stringify(body),
    headers,
    contentType: contentType ?? 'application/json; charset=utf-8',
  }
}

function answerOfResponse(response: Response): Answer {
  const headers: string[] = []
  for (const [name, value] of response.headers) if (name !== 'content-type') headers.push(name, value)
  const body = response.body === null ? undefined : streamOf(response.body)
  return {
    status: response.status,
    body,
    headers,
    contentType: response.headers.get('content-type') ?? undefined,
  }
}

/** Bytes of a body; undefined for a stream. */
export function lengthOf(body: Answer['body']): number | undefined {
  if (body === undefined) return 0
  if (typeof body === 'string') return Buffer.byteLength(body)
  return 'byteLength' in body ? body.byteLength : undefined
}

function isStatus(status: unknown): status is number {
  return Number.isInteger(status) && (status as number) >= 200 && (status as number) <= 999
}

/** A number or a function as the body is a mistake: `count` for `{ count }`, a generator that was not called. */
function isBody(body: unknown): body is ReplyBody {
  return typeof body === 'object' || typeof body === 'string' || body === undefined
}

function isFields(headers: unknown): headers is HeaderFields | undefined {
  return headers === undefined || (typeof headers === 'object' && headers !== null && !Array.isArray(headers))
}

/** An object of the three parts, or of none: an empty object is an empty 200. */
function isParts(reply: object): reply is { status?: number; body?: ReplyBody; headers?: HeaderFields } {
  return Object.keys(reply).every((key) => key === 'status' || key === 'body' || key === 'headers')
}

function isStream(value: object): value is StreamBody {
  return Symbol.asyncIterator in value || value instanceof ReadableStream
}

function streamOf(stream: StreamBody): Readable {
  const readable =
    stream instanceof Readable
      ? stream
      : stream instanceof ReadableStream
        ? Readable.fromWeb(stream as NodeReadableStream)
        : Readable.from(stream, { objectMode: false })
  // Whoever sends it is told of its failure. Where nobody does, as for HEAD, that must not end the process.
  return readable.on('error', () => {})
}

const encodings: Readonly<Record<string, BufferEncoding>> = {
  'iso-8859-1': 'latin1',
  latin1: 'latin1',
  'us-ascii': 'ascii',
  'utf-16le': 'utf16le',
}

/** Text in the charset that its content type names. UTF-8 is left to the socket. */
function encoded(text: string, contentType: string | undefined): string | Uint8Array {
  if (contentType === undefined) return text
  const [, charset = 'utf-8'] = /;\s*charset="?([^";\s]+)/i.exec(contentType) ?? []
  const name = charset.toLowerCase()
  if (name === 'utf-8' || name === 'utf8') return text
  const encoding = encodings[name]
  if (!encoding)
    throw new TomodachiError('REPLY_CHARSET', { charset, reason: 'this charset is not supported' })
  const bytes = Buffer.from(text, encoding)
  if (bytes.toString(encoding) !== text) {
    throw new TomodachiError('REPLY_CHARSET', { charset, reason: 'it has characters that the charset lacks' })
  }
  return bytes
}
