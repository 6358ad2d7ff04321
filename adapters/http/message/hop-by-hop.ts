/** Fields that belong to a connection and not to a message (RFC 9110, 7.6.1), in lower case. Those of proxies: RFC 7235, 4. */
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

/** The names in a `Connection` field, in lower case: of fields that are for this connection alone, `close`, `keep-alive`. */
export function connectionOptions(value: unknown): readonly string[] {
  return String(value)
    .split(',')
    .map((option) => option.trim().toLowerCase())
}
