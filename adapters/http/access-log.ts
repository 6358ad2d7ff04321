import { type Bus, getLogger } from '../../kernel/index.ts'
import { type Responded, responded } from './dispatch.ts'

/**
 * Logs every answered request: an observer on the bus, of which the server knows nothing. Field names are those of the
 * Python library, so that what reads its logs reads these. Returns how to stop.
 */
export function accessLog(bus: Bus): () => void {
  const log = getLogger('tomodachi.http.response')
  return bus.on(responded, (event) => {
    if (!isIgnored(event)) log.info('', fieldsOf(event))
  })
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
    // Without a query the field is left out, also for a lone question mark.
    request_query_string: (queryAt >= 0 && request.url.slice(queryAt + 1)) || undefined,
    http_version: `HTTP/${request.raw.httpVersion}`,
    response_content_length: contentLength,
    request_content_length: announced === undefined ? undefined : Number(announced),
    user_agent: request.headers['user-agent'],
    handler_elapsed_time: handlerElapsed === undefined ? undefined : seconds(handlerElapsed),
    request_time: seconds(elapsed),
  }
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(5)}s`
}
