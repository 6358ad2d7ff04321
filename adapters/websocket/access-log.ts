import { type Bus, getLogger } from '../../kernel/index.ts'
import { type Connected, connected } from './connections.ts'

/**
 * Logs connections when they open and when they have ended: an observer on the bus. Logger and field names are those of
 * the Python library, so that what reads its logs reads these. Returns how to stop.
 */
export function accessLog(bus: Bus): () => void {
  const log = getLogger('tomodachi.http.response')
  return bus.on(connected, (event) => {
    const fields = fieldsOf(event)
    log.info('', fields)
    // As there, a file of them has one line for a connection.
    if (event.code !== undefined) bus.emit('accessed', fields)
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
  }
}
