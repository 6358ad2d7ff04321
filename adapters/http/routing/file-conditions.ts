import type { Stats } from 'node:fs'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** What the library reads of a request for a file. */
export interface FileRequest {
  readonly method: string | undefined
  readonly headers: IncomingHttpHeaders
}

/**
 * The request as @fastify/send has to see it. The library compares ETags weakly everywhere. Ours are weak, and two
 * conditions need a strong comparison, which a weak ETag never passes (RFC 9110, 8.8.3.2).
 */
export function fileRequest({ method, headers: sent }: IncomingMessage): FileRequest {
  const headers = { ...sent }
  if (headers['if-match'] !== undefined) {
    // RFC 9110, 13.1.4: If-Match takes precedence over the date.
    delete headers['if-unmodified-since']
    if (headers['if-match'] !== '*') headers['if-match'] = '"none"'
  }
  return { method, headers }
}

/** Settles the range once the file is known: whether it is about this file, and how long a suffix may be. */
export function settleRange({ headers }: FileRequest, { size, mtime }: Stats): void {
  const { range, 'if-range': validator } = headers
  delete headers['if-range']
  if (range === undefined) return
  // RFC 9110, 13.1.5: an ETag has to be strong, a date the very one that was sent.
  if (validator !== undefined && validator !== mtime.toUTCString()) delete headers.range
  // RFC 9110, 14.1.2: a suffix longer than the file means all of it. An empty file has no range.
  else if (size === 0 && /[=,]\s*-0*[1-9]/.test(range)) delete headers.range
  else headers.range = range.replace(/([=,]\s*-)(\d+)/g, (_, lead, length) => lead + Math.min(length, size))
}
