import { TomodachiError } from '../../../kernel/index.ts'
import type { HeaderFields, HttpParts } from './reply.ts'
import { jsonOf, Unsendable } from './reply-body.ts'

/** What a JSON reply may have in addition to its body. */
export interface JsonInit {
  /** Status of the reply. Default 200; in an error source, the status of the error. */
  readonly status?: number | undefined
  /** Header fields. A content type among them replaces `application/json; charset=utf-8`. */
  readonly headers?: HeaderFields | Headers | undefined
}

/**
 * Replies with a value as JSON: an object, a list of rows, text, a number, null. Throws `OPTION_INVALID` for a value
 * that JSON does not show, such as undefined, a function, a promise or a Map. Also throws what `JSON.stringify` throws.
 *
 *     service.on(api.get('/orders'), () => json(orders))
 *     service.on(api.post('/orders'), () => json({ id: 1 }, { status: 201, headers: { location: '/orders/1' } }))
 */
export function json(value: unknown, { status, headers, ...others }: JsonInit = {}): HttpParts {
  // Unknown keys are passed on, so that the reply is refused because of them.
  return {
    ...others,
    ...(status !== undefined && { status }),
    body: textOf(value),
    headers: typed(headers),
  }
}

function textOf(value: unknown): string {
  try {
    const isShown = typeof value !== 'object' || value === null || 'toJSON' in value
    const text = isShown ? (JSON.stringify(value) as string | undefined) : jsonOf(value)
    if (text !== undefined) return text
  } catch (error) {
    if (!(error instanceof Unsendable)) throw error
  }
  const expected = 'a value that JSON can show'
  throw new TomodachiError('OPTION_INVALID', { option: 'json(value)', expected, hidden: true })
}

const contentType = { 'content-type': 'application/json; charset=utf-8' }

function typed(headers: HeaderFields | Headers = {}): HeaderFields {
  const fields = headers instanceof Headers ? fieldsOf(headers) : headers
  return Object.keys(fields).some((name) => name.toLowerCase() === 'content-type')
    ? fields
    : { ...contentType, ...fields }
}

/** A `Headers` has a line for each cookie. */
function fieldsOf(headers: Headers): HeaderFields {
  const cookies = headers.getSetCookie()
  return { ...Object.fromEntries(headers), ...(cookies.length > 0 && { 'set-cookie': cookies }) }
}
