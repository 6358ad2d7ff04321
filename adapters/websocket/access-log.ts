import { type Brief, inBrief, spanText, traceOf } from '../../kernel/adapter-kit.ts'
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

/** The peer is done, it leaves, or it gave no reason (RFC 6455, 7.4.1). */
const usualCodes = [1000, 1001, 1005]

function fieldsOf({ id, request, code, hasFailed, elapsed }: Connected): Record<string, unknown> {
  return {
    websocket_state: code === undefined ? 'open' : hasFailed ? 'error' : 'closed',
    remote_ip: request.ip,
    request_path: request.path,
    websocket_id: id,
    user_agent: request.raw.headers['user-agent'],
    websocket_close_code: code,
    total_request_time: code === undefined ? undefined : `${(elapsed / 1_000).toFixed(5)}s`,
    // Ours; what the handler logs says the same.
    ...traceOf(request.raw.headers),
    [inBrief]: brief,
  }
}

/** The line for people: `WS /chat closed 1000 4.2s`, then what they may look for. */
const brief: Brief = ({
  websocket_state: state,
  websocket_close_code: code,
  request_path: path,
  total_request_time: time,
  remote_ip: ip,
  websocket_id: connectionId,
  trace_id,
}) => {
  const isUsual = code === undefined || usualCodes.includes(Number(code))
  const tint = state === 'error' ? 'red' : isUsual ? 'green' : 'yellow'
  const duration = time === undefined ? [] : [spanText(Number.parseFloat(String(time)) * 1_000, '')]
  return {
    message: [
      `WS ${path}`,
      { text: [state, code].filter((part) => part !== undefined).join(' '), tint },
      ...duration,
    ],
    fields: { ip, connectionId, trace_id },
  }
}
