import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import { InFlight, outside } from '../../../kernel/adapter-kit.ts'
import { type Adapter, TomodachiError } from '../../../kernel/index.ts'
import type { UnparsedResponse } from './attempts.ts'
import {
  addressOf,
  type CallOptions,
  type ParamsOption,
  prepare,
  type ResolvedCallOptions,
  resolveCall,
  type StreamOptions,
} from './call.ts'
import { type ClientOptions, type ResolvedClientOptions, resolveClientOptions } from './options.ts'
import { type OpenPool, openPool } from './pool.ts'
import { type CallResponse, notOk, responseOf } from './response.ts'

export type { CallOptions, ParamsOption, StreamOptions } from './call.ts'
export { type Called, called } from './observed.ts'
export type { ClientOptions } from './options.ts'
export type { CallBody } from './payload.ts'
export type { CallResponse, OkResponse, OtherResponse } from './response.ts'
export type { CallParams, CallQuery, ParamValue } from './target.ts'

/**
 * Makes one call: `get('/orders/:id', { params: { id } })`. `path` may have parameters as in routes, whose values you
 * give in `params`, and a query. Never put values into the path yourself: `${id}` may be `../admin`, or `7?all=1`.
 * Rejects with
 * - `RESPONSE_NOT_OK` for a status outside of 200 to 299: `values` has `status`, `headers` and `body`,
 * - `RESPONSE_UNPARSABLE`, `RESPONSE_INVALID` and `RESPONSE_TOO_LARGE` for an answer that cannot be used,
 * - `CALL_FAILED` if there was no answer, and `CALL_TIMEOUT` if there was none in time,
 * - the reason of the signal that cancelled it, or the error of your own stream if that failed,
 * - `OPTION_INVALID`, `OPTIONS_CONFLICT` and `PAYLOAD_UNBUILDABLE` for an invalid call, and `ADAPTER_NOT_STARTED`.
 */
export type Call = <Data = unknown, const Throws extends boolean = true, const Path extends string = string>(
  path: Path,
  options?: CallOptions<Data, Throws> & ParamsOption<Path>,
) => Promise<CallResponse<Data, Throws>>

/** An answer whose body you read as a stream. */
export interface StreamedResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The body. Read it to its end, or destroy it: until then it occupies a connection, and a stop waits for it. */
  readonly body: Readable
}

/**
 * Makes calls to one HTTP service. It is an adapter without sources: list it in the `adapters` of a service. The
 * service opens it at the start. A stop waits for its calls, then closes it.
 */
export interface Client extends Adapter {
  /** The origin that it calls, without credentials. */
  readonly url: string
  readonly get: Call
  readonly head: Call
  readonly post: Call
  readonly put: Call
  readonly patch: Call
  readonly delete: Call
  request<Data = unknown, const Throws extends boolean = true, const Path extends string = string>(
    method: string,
    path: Path,
    options?: CallOptions<Data, Throws> & ParamsOption<Path>,
  ): Promise<CallResponse<Data, Throws>>
  /** Like `request`, but the body of a 2xx answer is a stream, of any size. It takes no schema. */
  stream<const Path extends string>(
    method: string,
    path: Path,
    options?: StreamOptions & ParamsOption<Path>,
  ): Promise<StreamedResponse>
}

/**
 * Makes a client of one HTTP service, with a bounded pool of connections (undici), timeouts, and retries of idempotent
 * calls. A call made in a handler passes on the trace headers of the handler's request, and is cancelled with it.
 * Redirects are not followed. Credentials in the origin become basic authentication. Throws `OPTION_INVALID` and
 * `TLS_INVALID`.
 */
export function client(origin: string | URL, options: ClientOptions = {}): Client {
  const settings = resolveClientOptions(origin, options)
  const { name, url } = settings
  const calls = new InFlight()
  let opening: Promise<OpenPool> | undefined

  const { requestAs, stream } = callsOf(settings, calls, (operation) => {
    if (!opening) throw new TomodachiError('ADAPTER_NOT_STARTED', { adapter: name, operation })
    return opening
  })
  const method = (name: string) => {
    const verb = name.toLowerCase()
    return ((path, options) => requestAs(verb, name, path, options)) as Call
  }
  return {
    name,
    url,
    async start({ bus }) {
      opening = outside(openPool, undefined, settings, calls, bus)
      await opening
    },
    // Handlers that are still running may make calls.
    async pause() {},
    async close() {
      const ending = opening
      opening = undefined
      await (await ending)?.close()
    },
    idle: () => calls.idle(),
    get: method('GET'),
    head: method('HEAD'),
    post: method('POST'),
    put: method('PUT'),
    patch: method('PATCH'),
    delete: method('DELETE'),
    request: (name, path, options) => requestAs('request', name, path, options) as never,
    stream,
  }
}

/** The two kinds of calls. `pool` gives the open pool, or throws. */
function callsOf(
  settings: ResolvedClientOptions,
  calls: InFlight,
  pool: (operation: string) => Promise<OpenPool>,
): {
  readonly stream: Client['stream']
  requestAs(verb: string, method: string, path: string, options?: CallOptions): Promise<unknown>
} {
  async function answerTo(
    method: string,
    path: string,
    options: ResolvedCallOptions,
    streams: boolean,
  ): Promise<UnparsedResponse & { readonly call: string }> {
    const address = addressOf(settings, method, path, options)
    const opening = pool(address.call)
    // Prepared before the first await, while the calling handler is known; the pool may still have to load undici.
    const prepared = prepare(settings, address, options, streams)
    return { ...(await (await opening).exchange(prepared)), call: address.call }
  }

  return {
    // Errors name the options after `verb`.
    requestAs: (verb, method, path, given = {}) =>
      calls.track(async () => {
        const options = resolveCall(verb, given)
        const { call, ...answer } = await answerTo(method, path, options, false)
        const response = await responseOf(call, answer, options.schema)
        if (!response.ok && options.throwOnError) throw notOk(call, response)
        return response
      }),
    stream: (method, path, given = {}) =>
      calls.track(async () => {
        const options = resolveCall('stream', given)
        const { call, ...answer } = await answerTo(method, path, options, true)
        const { status, headers, body } = answer
        if (body instanceof Readable) return { status, headers, body }
        if (options.throwOnError) throw notOk(call, await responseOf(call, answer))
        return { status, headers, body: Readable.from(body, { objectMode: false }) }
      }),
  }
}
