import { type Catalogued, errors, show } from '../../kernel/adapter-kit.ts'
import type { Problem, RequestPart } from './reply/problem.ts'

/**
 * What an answer said in addition to its status. Only programs see it: the fields are not enumerable, so no log shows
 * them.
 */
export interface ResponseContents {
  /** Header fields by name in lower case; an array if a field came more than once. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The body. JSON is parsed, such as a problem (RFC 9457); anything else is text or bytes. */
  readonly body?: unknown
}

/** The errors of servers and of the client. */
const codes = errors('http', {
  BODY_TOO_LARGE: {
    status: 413,
    sentence: (v: { limit: number; actual: number | undefined }) =>
      `Maximum request body size ${v.limit} exceeded${v.actual === undefined ? '' : `, actual body size ${v.actual}`}`,
  },
  BODY_UNREADABLE: {
    status: 400,
    sentence: (v: { reason: string }) => `the request body cannot be read: ${v.reason}`,
  },
  BODY_USED: () => 'the request body has already been read; read it once, as text, JSON, bytes or a stream',
  CALL_FAILED: {
    status: 502,
    sentence: (v: { call: string; reason: string }) => `${v.call} got no answer: ${v.reason}`,
  },
  CALL_TIMEOUT: {
    status: 504,
    sentence: (v: { call: string; limit: string; milliseconds: number }) =>
      `${v.call} took longer than its ${v.limit} of ${v.milliseconds} ms`,
  },
  CONTENT_ENCODING_UNKNOWN: {
    status: 415,
    sentence: (v: { encoding: string }) =>
      `the content encoding ${v.encoding} is not supported; send the body uncompressed, or use gzip or deflate`,
  },
  CONTENT_TYPE_UNSUPPORTED: {
    status: 415,
    sentence: (v: { contentType: string; expected: string }) =>
      `the content type ${v.contentType} is not supported here; send ${v.expected}`,
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    sentence: (v: { method: string; path: string; allowed: string }) =>
      `${v.path} does not take ${v.method}; it takes ${v.allowed}`,
  },
  OVERLOADED: {
    status: 503,
    sentence: (v: { seconds: number }) => `the server is overloaded; try again in ${v.seconds} s`,
  },
  REPLY_CHARSET: (v: { charset: string; reason: string }) =>
    `the reply cannot be encoded in ${v.charset}: ${v.reason}`,
  REPLY_INVALID: (v: { address: string; actual: unknown; hint: string }) =>
    `the handler of ${v.address} returned ${show(v.actual)}, which is not a reply; ${v.hint}`,
  REPLY_LENGTH: (v: { announced: number }) =>
    `the reply announced a content-length of ${v.announced} bytes, but its stream has a different length`,
  REQUEST_INVALID: {
    status: 400,
    sentence: (v: { part: RequestPart; issues: string; problem: Problem }) =>
      `the ${v.part} of the request did not fit the schema: ${v.issues}`,
  },
  RESPONSE_NOT_OK: {
    status: 502,
    sentence: (v: { call: string; status: number } & ResponseContents) =>
      `${v.call} returned the status ${v.status}`,
  },
  RESPONSE_TOO_LARGE: {
    status: 502,
    sentence: (v: { call: string; limit: number }) =>
      `the answer to ${v.call} is larger than ${v.limit} bytes; raise maxResponseSize, or read it as a stream`,
  },
  ROUTE_INVALID: (v: { path: string; reason: string }) => `the path ${v.path} is not valid: ${v.reason}`,
  ROUTE_UNKNOWN: {
    status: 404,
    sentence: (v: { method: string; path: string }) => `there is no route for ${v.method} ${v.path}`,
  },
  UPGRADE_REQUIRED: {
    status: 426,
    sentence: (v: { path: string; protocols: string }) => `${v.path} requires an upgrade to ${v.protocols}`,
  },
})

declare module '../../kernel/index.ts' {
  interface ErrorCatalogue extends Catalogued<typeof codes> {}
}
