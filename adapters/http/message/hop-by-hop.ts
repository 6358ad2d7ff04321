/**
 * Fields of a connection rather than of a message (RFC 9110, 7.6.1), in lower case. Those for proxies are in RFC 7235,
 * 4.
 */
export const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** The names in a `Connection` field, in lower case: `close`, `keep-alive`, and names of fields for this connection alone. */
export function connectionOptions(value: unknown): readonly string[] {
  return String(value)
    .split(',')
    .map((option) => option.trim().toLowerCase())
}
