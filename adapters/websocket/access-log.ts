import { type Brief, inBrief } from '../../kernel/adapter-kit.ts'
import { type Adapter, type Bus, getLogger } from '../../kernel/index.ts'
import { type Connected, connected } from './client-socket.ts'

/**
 * Logs each connection when it opens and when it has ended, by observing the bus. Logger and field names are those of the Python
 * library, so that its log readers work here. The bus also reports other adapters; only connections of `adapter` are logged, also
 * to the file of its server. The returned function stops it.
 */
export function accessLog(adapter: Adapter, server: Adapter, bus: Bus): () => void {
  const log = getLogger('tomodachi.http.response')
  return bus.on(connected, (event) => {
    if (event.adapter !== adapter) return
    const fields = fieldsOf(event)
    log.info('', fields)
    // As in the Python library, the file has one line for a connection.
    if (event.code !== undefined) bus.emit('accessed', { server, fields })
  })
}

function fieldsOf({ id, request, code, hasFailed, elapsed }: Connected): Record<string, unknown> {
  return {
    websocket_state: code === undefined ? 'open' : hasFailed ? 'error' : 'closed',
    remote_ip: request.ip,
    request_path: request.path,
    websocket_id: id,
    user_agent: request.raw.headers['user-agent'],
    websocket_close_code: code,
    total_request_time: code === undefined ? undefined : `${(elapsed / 1_000).toFixed(5)}s`,
    [inBrief]: brief,
  }
}

/** For people, as the lines of requests are. */
const brief: Brief = ({ websocket_state, request_path, remote_ip }) => {
  const isLocal = remote_ip === '127.0.0.1' || remote_ip === '::1'
  const keep = ['websocket_close_code', 'total_request_time', ...(isLocal ? [] : ['remote_ip'])]
  return { message: `websocket ${websocket_state} ${request_path}`, keep }
}
