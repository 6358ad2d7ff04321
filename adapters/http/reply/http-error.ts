import { STATUS_CODES } from 'node:http'
import {
  isA,
  optionShape,
  partOf,
  reasonOf,
  resolveOptions,
  type ShapesOf,
  statusOf,
  textOf,
} from '../../../kernel/adapter-kit.ts'
import type { HeaderFields, ReplyBody } from './reply.ts'

/** What an HttpError may have in addition to its status and body. */
export interface HttpErrorOptions extends ErrorOptions {
  readonly headers?: HeaderFields | undefined
}

const shapes = {
  headers: optionShape<HeaderFields>({}, 'an object of names and values', (value) =>
    typeof value === 'object' && value !== null && !(Symbol.iterator in value)
      ? (value as HeaderFields)
      : undefined,
  ),
  cause: optionShape<unknown>(undefined, 'any value', (value) => value),
} satisfies ShapesOf<HttpErrorOptions>

const none = { headers: {}, cause: undefined }

/**
 * Throw it in a handler or a middleware to answer with this status: `throw new HttpError(404)`. The body defaults to
 * the reason phrase. If an `error(status)` source is registered, that source answers. `message` is the body if that is text,
 * else the reason phrase.
 */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  readonly body: ReplyBody
  readonly headers: HeaderFields

  constructor(status: number, body: ReplyBody = STATUS_CODES[status] ?? '', options: HttpErrorOptions = {}) {
    const { headers, cause } = options === undefined ? none : resolveOptions('HttpError', options, shapes)
    const text = typeof body === 'string' ? body : ''
    super(text || (STATUS_CODES[status] ?? `status ${status}`), { cause })
    this.status = status
    this.body = body
    this.headers = headers
  }
}

/** The answer to an error. Errors other than HttpError and ours reveal nothing: 500 with an empty body. */
export function httpErrorOf(error: unknown): HttpError {
  if (isA(error, HttpError)) return isReadable(error) ? error : new HttpError(500, '', { cause: error })
  const status = statusOf(error)
  if (status === undefined) return new HttpError(500, '', { cause: error })
  return new HttpError(status, status < 500 ? reasonOf(error) : undefined, { cause: error })
}

/** Fields that belong to a status (RFC 9110, 7.8, 10.2.1, 10.2.3 and 11.6.1), even when an error source writes the body. */
const ofStatus = ['allow', 'retry-after', 'upgrade', 'connection', 'www-authenticate']

/** The fields of an error that belong to its status, as names and values, without those that the answer already has. */
export function statusFields(error: HttpError, answered: readonly (string | number)[]): string[] {
  const has = (name: string) =>
    answered.some((field, index) => index % 2 === 0 && String(field).toLowerCase() === name)
  return Object.keys(error.headers).flatMap((name) => {
    const value = ofStatus.includes(name.toLowerCase()) ? partOf(error.headers, name) : undefined
    if (value === undefined || has(name.toLowerCase())) return []
    return [value].flat().flatMap((one) => [name, textOf(one)])
  })
}

/** Whether its fields can be read: a subclass may have getters that throw. */
function isReadable(error: HttpError): boolean {
  try {
    const { status, headers } = error
    void [error.body, error.cause]
    return typeof status === 'number' && typeof headers === 'object'
  } catch {
    return false
  }
}
