import type { IncomingHttpHeaders } from 'node:http'
import { sentenceOf, validate } from '../../../kernel/adapter-kit.ts'
import { type Schema, TomodachiError } from '../../../kernel/index.ts'
import { isJson, mediaType } from '../message/media-type.ts'
import { isOk, type UnparsedResponse } from './attempts.ts'

/** An answer with a status from 200 to 299. */
export interface OkResponse<Data> {
  readonly ok: true
  readonly status: number
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders
  /**
   * The body. With a schema, its output for the JSON body. Without one, it depends on the content type of the answer:
   * JSON is parsed, text is a string (decoded from its charset), anything else a Buffer. Undefined if there is no body.
   */
  readonly data: Data
}

/** An answer with another status, for a call with `throwOnError: false`. */
export interface OtherResponse {
  readonly ok: false
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /**
   * The body, as without a schema. JSON that cannot be parsed stays text; a body that cannot be decoded or is too large
   * is undefined.
   */
  readonly data: unknown
}

/** What a call resolves with. */
export type CallResponse<Data, Throws extends boolean> = Throws extends true
  ? OkResponse<Data>
  : OkResponse<Data> | OtherResponse

/** Rejects with `RESPONSE_UNPARSABLE` and `RESPONSE_INVALID`. */
export async function responseOf<Data>(
  call: string,
  answer: UnparsedResponse,
  schema?: Schema<unknown, Data>,
): Promise<OkResponse<Data> | OtherResponse> {
  const { status, headers } = answer
  const body = answer.body as Buffer
  if (!isOk(status)) return { ok: false, status, headers, data: leniently(body, headers) }
  if (!schema) return { ok: true, status, headers, data: dataOf(call, body, headers) as Data }
  const json = body.length === 0 ? undefined : parsed(call, body, headers)
  const result = await validate(schema, json)
  if ('value' in result) return { ok: true, status, headers, data: result.value }
  throw new TomodachiError('RESPONSE_INVALID', { call, issues: sentenceOf(result) })
}

/** The error of an answer that is not ok. Programs can read headers and body from it, but logs do not show them. */
export function notOk(
  call: string,
  { status, headers, data }: OkResponse<unknown> | OtherResponse,
): TomodachiError<'RESPONSE_NOT_OK'> {
  const values = { call, status }
  Object.defineProperties(values, { headers: { value: headers }, body: { value: data } })
  return new TomodachiError('RESPONSE_NOT_OK', values)
}

/** The data of an answer that is not ok. Its text is useful even if it cannot be parsed. */
function leniently(body: Buffer, headers: IncomingHttpHeaders): unknown {
  try {
    return dataOf('', body, headers)
  } catch {
    return body.toString()
  }
}

function dataOf(call: string, body: Buffer, headers: IncomingHttpHeaders): unknown {
  if (body.length === 0) return undefined
  const contentType = headers['content-type'] ?? ''
  if (isJson(contentType)) return parsed(call, body, headers)
  return /^text\//i.test(contentType) ? textOf(call, body, contentType) : body
}

/** Parses JSON. Throws our own error, because the parser's would quote the body. */
function parsed(call: string, body: Buffer, headers: IncomingHttpHeaders): unknown {
  const text = textOf(call, body, headers['content-type'])
  try {
    return JSON.parse(text)
  } catch {
    const reason = `it is not JSON but ${body.length} bytes of ${headers['content-type'] ?? 'no content type'}`
    throw new TomodachiError('RESPONSE_UNPARSABLE', { call, reason })
  }
}

/** Byte order marks (Encoding standard, 6). */
const marks: readonly (readonly [encoding: string, mark: readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16be', [0xfe, 0xff]],
  ['utf-16le', [0xff, 0xfe]],
]

/**
 * The text of an answer. It is decoded by its byte order mark, which is removed, else by its charset, else as UTF-8.
 * Throws `RESPONSE_UNPARSABLE` for an unknown charset.
 */
function textOf(call: string, bytes: Buffer, contentType: string | undefined): string {
  const [marked] = marks.find(([, mark]) => mark.every((byte, index) => bytes[index] === byte)) ?? []
  const named = mediaType(contentType ?? '')?.params.get('charset') ?? ''
  // Some servers put single quotes around it, which are not quotes in HTTP.
  const charset = named.replaceAll("'", '') || 'utf-8'
  try {
    return new TextDecoder(marked ?? charset).decode(bytes)
  } catch {
    throw new TomodachiError('RESPONSE_UNPARSABLE', {
      call,
      reason: `the charset "${charset}" is not supported`,
    })
  }
}
