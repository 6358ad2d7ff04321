import { METHODS, type RequestListener } from 'node:http'
import { Readable } from 'node:stream'
import type { InjectOptions, Response as InjectResponse } from 'light-my-request'
import { optionShape, resolveOption, resolveOptions, type ShapesOf } from '../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../kernel/index.ts'
import type { CallBody } from './client/client.ts'
import type { Method } from './routing/router.ts'

/**
 * The body of an injected request: anything that a call of a client can send, a `Blob`, or an object that is sent as
 * JSON.
 */
export type InjectBody = CallBody | ArrayBuffer | Blob | object

/** A request for `inject`, with the options of light-my-request. Undefined counts as left out. */
export type InjectRequest = {
  readonly [Name in Exclude<keyof InjectOptions, 'method' | 'payload' | 'body'>]?:
    | InjectOptions[Name]
    | undefined
} & {
  /** A method that routes have, or another one that Node's parser lets in, such as `PROPFIND`. Default `GET`. */
  readonly method?: Method | (string & Record<never, never>) | undefined
  /** The body, sent with its usual content type unless the headers name one. */
  readonly payload?: InjectBody | undefined
  /** The same as `payload`. */
  readonly body?: InjectBody | undefined
}

/** For options that light-my-request checks itself. */
const anything = optionShape<unknown>(undefined, 'any value', (value) => value)
const text = optionShape<string | undefined>(undefined, 'text', (value) =>
  typeof value === 'string' ? value : undefined,
)
const methodOption = optionShape<string | undefined>(
  undefined,
  'a method that HTTP has, such as "GET"',
  (value) => (typeof value === 'string' && METHODS.includes(value.toUpperCase()) ? value : undefined),
)
const urlOption = optionShape<unknown>(
  undefined,
  'a path such as "/orders/7", or the parts of a URL',
  (value) => (typeof value === 'string' || (typeof value === 'object' && value !== null) ? value : undefined),
)

const shapes = {
  method: methodOption,
  url: urlOption,
  path: urlOption,
  query: anything,
  headers: optionShape<unknown>(undefined, 'an object of names and values', (value) =>
    typeof value === 'object' && value !== null && !(Symbol.iterator in value) ? value : undefined,
  ),
  payload: anything,
  body: anything,
  cookies: anything,
  remoteAddress: text,
  authority: text,
  signal: anything,
  payloadAsStream: anything,
  simulate: anything,
  validate: anything,
  server: anything,
  autoStart: anything,
  Request: anything,
} satisfies ShapesOf<InjectRequest>

/** Names that clients have for these options. */
const renamed = { data: 'payload', form: 'payload', json: 'payload', params: 'query' }

/** Lets the listener answer the request, without a socket. */
export async function injectInto(
  listener: RequestListener,
  request: InjectRequest | string,
): Promise<InjectResponse> {
  const { inject } = await import('light-my-request')
  const given = checked(typeof request === 'string' ? { url: request } : request)
  const target = targetOf(given)
  const listening: RequestListener = (raw, response) => {
    if (target !== undefined) raw.url = target
    listener(raw, response)
  }
  return inject(listening, await injectable(given))
}

const place = { owner: 'http.inject', path: '' }

/** Throws `OPTION_INVALID` for an invalid request, and `OPTIONS_CONFLICT` if two options say the same. */
function checked(request: InjectRequest): InjectRequest {
  const given = resolveOptions('http.inject', request, shapes, { renamed }) as InjectRequest
  for (const [one, other] of [
    ['url', 'path'],
    ['payload', 'body'],
  ] as const)
    if (given[one] !== undefined && given[other] !== undefined)
      throw new TomodachiError('OPTIONS_CONFLICT', {
        one: `http.inject.${one}`,
        other: `http.inject.${other}`,
      })
  if (given.path === undefined) resolveOption(place, 'url', given.url, urlOption)
  return given
}

/**
 * A target that light-my-request would change although a socket delivers it as it is: `*`, and paths with `..` or a
 * backslash.
 */
function targetOf({ path, url = path, query }: InjectRequest): string | undefined {
  return typeof url === 'string' && query === undefined && /^(?:\*|\/[!-~]*)$/.test(url) ? url : undefined
}

/** Converts payloads for light-my-request, which knows text, buffers, forms and node streams, and turns anything else into JSON. */
async function injectable({ body, payload = body, ...rest }: InjectRequest): Promise<InjectOptions> {
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  if (payload === undefined) return given
  const { content, contentType } = await contentOf(payload)
  const names = Object.keys(rest.headers ?? {}).map((name) => name.toLowerCase())
  if (!contentType || names.includes('content-type')) return { ...given, payload: content }
  return { ...given, headers: { ...rest.headers, 'content-type': contentType }, payload: content }
}

async function contentOf(payload: InjectBody): Promise<{ content: string | object; contentType?: string }> {
  if (payload instanceof URLSearchParams)
    return { content: payload.toString(), contentType: 'application/x-www-form-urlencoded;charset=UTF-8' }
  if (payload instanceof Blob)
    return { content: Buffer.from(await payload.arrayBuffer()), contentType: payload.type }
  if (payload instanceof ArrayBuffer) return { content: Buffer.from(payload) }
  if (ArrayBuffer.isView(payload))
    return { content: Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength) }
  if (typeof payload === 'string' || payload instanceof Readable || !(Symbol.asyncIterator in payload))
    return { content: payload }
  return { content: Readable.from(payload as AsyncIterable<unknown>, { objectMode: false }) }
}
