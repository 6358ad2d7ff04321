import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { parse } from 'node:querystring'
import type { Readable } from 'node:stream'
import { reasonOf } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'
import { contentTypeOf } from '../message/media-type.ts'
import { type ClientAddress, peerOf } from '../options/real-ip.ts'
import { announcedExcess, BodyStream, readBody } from './body.ts'
import { type Cookies, parseCookies } from './cookies.ts'
import { formParser } from './form.ts'
import { decodedPath, originForm } from './target.ts'

/** A query as it was sent: a value is an array if its name came more than once. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>

const noQuery: Query = Object.freeze(Object.create(null) as Query)

/** No limit of parameters: the head of a request has a limit of its own. */
const everything = { maxKeys: 0 }

/** The query of a request target. */
export function queryOf(url: string): Query {
  const start = url.indexOf('?')
  return start < 0 ? noQuery : parse(url.slice(start + 1), '&', '=', everything)
}

/** The JSON value of a body. Throws `PAYLOAD_UNPARSABLE`. */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    const reason = reasonOf(error)
    throw new TomodachiError('PAYLOAD_UNPARSABLE', { subject: 'the JSON body', reason }, { cause: error })
  }
}

/** A request as handlers see it. The body is read when you ask for it, up to the limit of the route. */
export class HttpRequest {
  /** The underlying request of `node:http`. */
  readonly raw: IncomingMessage
  readonly #limit: number
  readonly #client: ClientAddress
  #id: string | undefined
  #cookies: Cookies | undefined
  #bytes: Promise<Buffer> | undefined
  #bodySize: number | undefined
  #streamed = false

  constructor(raw: IncomingMessage, limit: number, client: ClientAddress = peerOf) {
    this.raw = raw
    this.#limit = limit
    this.#client = client
  }

  get method(): string {
    return this.raw.method as string
  }

  /** Request target as it was received, with the query. */
  get url(): string {
    return this.raw.url as string
  }

  /** Path, percent-decoded, without the query. A malformed path is left as it is. */
  get path(): string {
    const target = originForm(this.url) ?? this.url
    return decodedPath(target) ?? (target.split('?', 1)[0] as string)
  }

  /** Header fields, with names in lower case. */
  get headers(): IncomingHttpHeaders {
    return this.raw.headers
  }

  /**
   * What identifies the request in the log and to others: its `X-Request-Id`, if that is printable text of at most 200
   * characters, else an id that is made when it is first read.
   */
  get requestId(): string {
    const given = this.headers['x-request-id']
    this.#id ??= typeof given === 'string' && /^[\x21-\x7e]{1,200}$/.test(given) ? given : randomUUID()
    return this.#id
  }

  /** Address of the client: the peer, or the address that the proxies in `realIpFrom` name. */
  get ip(): string | undefined {
    return this.#client(this.raw)
  }

  /** The cookies by name (RFC 6265, 5.4). Values are not decoded, only quotes around them are removed. */
  get cookies(): Cookies {
    this.#cookies ??= parseCookies(this.headers.cookie)
    return this.#cookies
  }

  /** The id of the last server-sent event that a reconnecting client got; undefined for a new one. */
  get lastEventId(): string | undefined {
    const id = this.headers['last-event-id']
    // node takes header fields for Latin-1; this one is UTF-8.
    return typeof id === 'string' ? Buffer.from(id, 'latin1').toString() : undefined
  }

  /** User name of HTTP basic authentication (RFC 7617), unchecked; undefined when there is none. */
  get authUser(): string | undefined {
    const [, credentials] = /^basic +([a-z0-9+/=]+)$/i.exec(this.headers.authorization ?? '') ?? []
    return credentials && Buffer.from(credentials, 'base64').toString().split(':', 1)[0]
  }

  /**
   * The whole body. Rejects with `BODY_TOO_LARGE` (answered with 413), `CONTENT_ENCODING_UNKNOWN` (415),
   * `BODY_UNREADABLE` (400) and, after `stream()`, with `BODY_USED`.
   */
  bytes(): Promise<Buffer> {
    if (this.#streamed) return Promise.reject(new TomodachiError('BODY_USED', {}))
    this.#bytes ??= readBody(this.raw, this.#limit, (size) => {
      this.#bodySize = size
    })
    return this.#bytes
  }

  /** The error of a body whose announced size is over the limit; its handler is not called. */
  get excess(): TomodachiError | undefined {
    return announcedExcess(this.raw, this.#limit)
  }

  /** Bytes of the whole body, decompressed, once it has been read. */
  get bodySize(): number | undefined {
    return this.#bodySize
  }

  /** The whole body as text, in UTF-8. Rejects as `bytes` does. */
  async text(): Promise<string> {
    return (await this.bytes()).toString('utf8')
  }

  /**
   * The whole body as JSON, whatever its content type. Note that a page of another origin can send such a body without
   * a CORS preflight; a route with a schema refuses it. Rejects as `bytes` does, and with `PAYLOAD_UNPARSABLE` (400)
   * for a body that is not JSON.
   */
  async json(): Promise<unknown> {
    return parseJson(await this.bytes())
  }

  /**
   * The fields and files (`File`, a `Blob`) of a form sent as `multipart/form-data` or
   * `application/x-www-form-urlencoded`, all held in memory. Rejects as `bytes` does, with `CONTENT_TYPE_UNSUPPORTED`
   * (415) for other content types and with `PAYLOAD_UNPARSABLE` (400) for a form that is malformed, has more than 1,000
   * parts or a part with a head over 16 KB.
   */
  async formData(): Promise<FormData> {
    const parse = formParser(contentTypeOf(this.raw))
    return parse(await this.bytes())
  }

  /**
   * The body as a stream, decompressed. Use it to process the body piece by piece, or to read only its beginning. The
   * limit applies only to the announced size. Throws `BODY_USED` if the body has already been read.
   */
  stream(): Readable {
    if (this.#streamed || this.#bytes) throw new TomodachiError('BODY_USED', {})
    const { excess } = this
    if (excess) throw excess
    const body = new BodyStream(this.raw)
    this.#streamed = true
    return body
  }
}
