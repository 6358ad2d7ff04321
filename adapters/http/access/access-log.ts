import { type Brief, inBrief, spanText, traceOf } from '../../../kernel/adapter-kit.ts'
import { type Adapter, type Bus, getLogger } from '../../../kernel/index.ts'
import { type AccessFile, openAccessFile } from './access-file.ts'
import { type Refused, type Responded, refused, responded } from './request-events.ts'

/** The log of requests, while the server runs. */
export interface AccessLog {
  /** Writes the first line of the file: requests are accepted. */
  accepting(host: string, port: number, url: string): void
  /** Resolves when the file, if there is one, is complete. */
  close(): Promise<void>
}

const name = 'tomodachi.http.response'

/**
 * Logs every answer, including answers to bytes that were not a request. `true` logs to `tomodachi.http.response`; a
 * path logs to that file as well. It listens on the bus, so the server does not know about it. The bus also reports
 * other servers; only answers of `adapter` are logged. Names and order of the fields are those of the Python library,
 * so that its log readers work here. Rejects with `OPTION_INVALID` if the file cannot be opened.
 */
export async function openAccessLog(
  adapter: Adapter,
  bus: Bus,
  target: boolean | string,
): Promise<AccessLog> {
  if (target === false) return { accepting() {}, async close() {} }
  const log = getLogger(name)
  const file: AccessFile | undefined =
    typeof target === 'string' ? await openAccessFile(target, name) : undefined
  const write = (message: string, fields: Record<string, unknown>) => {
    log.info(message, fields)
    file?.write(message, fields)
  }
  const stops = [
    bus.on(responded, (event) => {
      if (event.adapter === adapter && !isIgnored(event)) write('', fieldsOf(event))
    }),
    bus.on(refused, (event) => {
      if (event.adapter === adapter) write('bad http request', fieldsOfRefused(event))
    }),
    bus.on('accessed', ({ server, fields }) => {
      if (server === adapter) file?.write('', fields)
    }),
  ]
  return {
    accepting(host, port, url) {
      file?.write('accepting http requests', { listen_url: `${url}/`, listen_host: host, listen_port: port })
    },
    async close() {
      for (const stop of stops) stop()
      await file?.close()
    },
  }
}

function isIgnored({ actor, status }: Responded): boolean {
  const ignored = actor?.source.ignoreLogging ?? false
  return typeof ignored === 'boolean' ? ignored : ignored.includes(status)
}

function fieldsOf({
  request,
  status,
  replacedStatus,
  contentLength,
  handlerElapsed,
  elapsed,
  delivery,
}: Responded): Record<string, unknown> {
  const queryAt = request.url.indexOf('?')
  const announced = request.headers['content-length']
  return {
    status_code: status,
    replaced_status_code: replacedStatus,
    remote_ip: request.ip,
    auth_user: request.authUser,
    request_method: request.method,
    request_path: request.path,
    // A lone question mark is no query.
    request_query_string: (queryAt >= 0 && request.url.slice(queryAt + 1)) || undefined,
    http_version: `HTTP/${request.raw.httpVersion}`,
    response_content_length: contentLength,
    request_content_length: announced === undefined ? undefined : Number(announced),
    // Nothing for a body that was taken as a stream, or not at all.
    request_content_read_length: request.bodySize || undefined,
    user_agent: request.headers['user-agent'],
    handler_elapsed_time: handlerElapsed === undefined ? undefined : seconds(handlerElapsed),
    request_time: seconds(elapsed),
    // Ours; what the handler logs says the same.
    ...(delivery?.logFields ?? { requestId: request.requestId, ...traceOf(request.headers) }),
    [inBrief]: brief,
  }
}

function fieldsOfRefused({ status, ip, contentLength }: Refused): Record<string, unknown> {
  return { status_code: status, remote_ip: ip, response_content_length: contentLength }
}

/** The line for people: `GET /orders/1 200 3.1ms`, then what they may look for. */
const brief: Brief = ({
  status_code: status,
  replaced_status_code: replaced,
  request_method: method,
  request_path: path,
  request_query_string: query,
  request_time: time,
  remote_ip: ip,
  response_content_length: bytes,
  auth_user: user,
  requestId,
  trace_id,
}) => ({
  message: [
    `${method} ${path}${query === undefined ? '' : `?${query}`}`,
    { text: String(status), tint: tintOf(Number(status)) },
    spanText(Number.parseFloat(String(time)) * 1_000, ''),
  ],
  fields: { replaced, ip, user, bytes, requestId, trace_id },
})

function tintOf(status: number): 'cyan' | 'green' | 'red' | 'yellow' {
  if (status < 300) return 'green'
  if (status < 400) return 'cyan'
  return status < 500 ? 'yellow' : 'red'
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(5)}s`
}
