import { Readable } from 'node:stream'
import type { ReplyParts } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'
import { isDecodedByFetch, isIn } from './content-coding.ts'
import {
  aKindOf,
  type Content,
  contentOf,
  formOf,
  isPlain,
  jsonOf,
  kindOf,
  readableOf,
  type StreamBody,
  Unsendable,
} from './reply-body.ts'
import { type ReplyFields, replyFields } from './reply-fields.ts'

export type { StreamBody } from './reply-body.ts'

/**
 * The body of a reply. Text is sent as it is. A Blob, a `FormData`, `URLSearchParams` and bytes of any kind are sent as
 * `new Response(body)` sends them. Any other object that is not a stream is sent as JSON. Undefined and null are an
 * empty body.
 */
export type ReplyBody = string | Uint8Array | StreamBody | object | null | undefined

/** Header fields by name. An array sends a field of its own for each of its values, as `set-cookie` needs. */
export type HeaderFields = Readonly<Record<string, string | number | readonly string[] | undefined>>

/** A reply in parts. It may have no other keys. */
export interface HttpParts extends ReplyParts<'to send JSON, write { body: … } or json(…)'> {
  readonly status?: number
  readonly body?: ReplyBody
  readonly headers?: HeaderFields | Headers
}

/** Everything that an HTTP handler may return. If it returns nothing, the answer is an empty 200. */
export type HttpReply =
  | string
  | Uint8Array
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | FormData
  | URLSearchParams
  | StreamBody
  | Response
  | readonly [status: number, body?: ReplyBody, headers?: HeaderFields | Headers]
  | HttpParts
  | undefined
  // A handler that returns nothing has the type void.
  // biome-ignore lint/suspicious/noConfusingVoidType: see above
  | void

/** A reply in one shape: what to write. */
export interface Answer extends ReplyFields {
  readonly status: number
  readonly body: string | Uint8Array | Readable | undefined
}

const noFields: ReplyFields = { headers: [], contentType: undefined, coding: undefined, announced: undefined }
const asJson = 'to send JSON, write { body: … } or json(…)'
const forms = `return a string, bytes, a stream, a Response, [status, body?, headers?], { status?, body?, headers? } or nothing; ${asJson}`

/**
 * Brings a reply into one shape. `status` is used if the reply names none. Throws `REPLY_INVALID` for a value that is
 * not a reply, and `REPLY_CHARSET` for text that its charset cannot carry.
 */
export function answerOf(reply: unknown, status: number, address: string): Answer {
  if (typeof reply === 'string' || reply instanceof Uint8Array) return plainAnswer(status, reply)
  if (reply === undefined || reply === null) return plainAnswer(status, undefined)
  try {
    if (typeof reply === 'object') return answerOfObject(reply, status)
    throw new Unsendable(forms)
  } catch (error) {
    if (!(error instanceof Unsendable)) throw error
    throw new TomodachiError('REPLY_INVALID', { address, actual: reply, hint: error.message })
  }
}

function plainAnswer(status: number, body: Answer['body']): Answer {
  return {
    status,
    body,
    headers: noFields.headers,
    contentType: undefined,
    coding: undefined,
    announced: undefined,
  }
}

function answerOfObject(reply: object, status: number): Answer {
  if (Array.isArray(reply)) {
    if (reply.length === 0 || reply.length > 3) throw new Unsendable(forms)
    return answerOfParts(reply[0], reply[1], reply[2])
  }
  if (isResponse(reply)) return answerOfResponse(reply)
  const content = contentOf(reply)
  if (content !== undefined) return answerOfContent(status, content, noFields)
  const keys = Object.keys(reply)
  const foreign = keys.find((key) => key !== 'status' && key !== 'body' && key !== 'headers')
  if (reply instanceof Error) throw new Unsendable(`it is an error: throw it, or ${forms}`)
  if (foreign !== undefined && isPlain(reply))
    throw new Unsendable(
      `a reply has no key "${foreign}": to send the object as JSON, return { body: { … } } or json(…)`,
    )
  // An empty literal is an empty answer. Any other object without parts would send nothing.
  if (foreign !== undefined || (keys.length === 0 && !isPlain(reply)))
    throw new Unsendable(`it is ${aKindOf(reply)}: ${forms}`)
  const {
    status: own = status,
    body,
    headers,
  } = reply as { status?: number; body?: ReplyBody; headers?: object }
  return answerOfParts(own, body, headers)
}

function answerOfParts(status: unknown, body: unknown, fields: unknown): Answer {
  if (!isStatus(status)) throw new Unsendable(`its status is not a whole number from 200 to 999; ${asJson}`)
  // A number or a function is a mistake: `count` for `{ count }`, a generator that was not called.
  if (typeof body !== 'object' && typeof body !== 'string' && body !== undefined)
    throw new Unsendable(
      `its body is a ${typeof body}: send text, bytes, a stream or an object, or use json(…)`,
    )
  const content = contentOf(body as ReplyBody) ?? {
    body: jsonOf(body as object),
    contentType: 'application/json; charset=utf-8',
  }
  if (fields === undefined) return answerOfContent(status, content, noFields)
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    throw new Unsendable('its header fields are not an object of names and values')
  const entries = Symbol.iterator in fields ? (fields as Headers) : Object.entries(fields)
  return answerOfContent(status, content, replyFields(entries, status, true))
}

function answerOfContent(status: number, content: Content, fields: ReplyFields): Answer {
  // Only the sender of a form knows the boundary between its parts (RFC 2046, 5.1.1).
  const isForm = content.contentType?.startsWith('multipart/form-data') ?? false
  const contentType = isForm ? content.contentType : (fields.contentType ?? content.contentType)
  // If we choose the content type ourselves, the text is UTF-8.
  const body =
    typeof content.body === 'string' && fields.contentType !== undefined
      ? encoded(content.body, contentType)
      : content.body
  // Text has no coding. A stream is inspected when its first bytes arrive.
  const isCoded =
    fields.coding !== undefined &&
    typeof content.body !== 'string' &&
    (!(body instanceof Uint8Array) || isIn(fields.coding, body, true))
  return {
    status,
    body,
    headers: fields.headers,
    contentType,
    coding: isCoded ? fields.coding : undefined,
    announced: content.length ?? fields.announced,
  }
}

/** A Response of node or of a copy of undici, which has a class of its own. */
function isResponse(value: object): value is Response {
  return value instanceof Response || (!isPlain(value) && kindOf(value) === 'Response' && 'bodyUsed' in value)
}

function answerOfResponse(response: Response): Answer {
  if (!isStatus(response.status)) throw new Unsendable(`its status is ${response.status}`)
  if (response.bodyUsed) throw new Unsendable('the body of the Response has been read already')
  const fields = replyFields(response.headers, response.status, false)
  const body = response.body === null ? undefined : bodyOfResponse(response, response.body, fields)
  // Only an answer to `fetch` has a URL. Its fields describe what was received, and its body is what `fetch` made of
  // that.
  const isDecoded =
    response.url !== '' && fields.coding !== undefined && isDecodedByFetch(fields.coding, body !== undefined)
  const rest = isDecoded ? { ...fields, coding: undefined, announced: undefined } : fields
  // An answer to HEAD that does not say how long the body would be. A stream has no length either.
  const isSilent = response.url !== '' && body === undefined && rest.announced === undefined
  return { status: response.status, ...rest, body: isSilent ? Readable.from([]) : body }
}

function bodyOfResponse(response: Response, stream: ReadableStream, { contentType }: ReplyFields): Readable {
  const isForm = response.url === '' && contentType?.startsWith('multipart/form-data')
  return isForm ? formOf(response) : readableOf(stream)
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
