import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'

/** Header fields that a request may have. node stops to collect them at this number, and says nothing. */
export const maxHeaders = 2_000

/** The status to refuse a head with that the parser lets pass; undefined when nothing is wrong with it. */
export function faultOf({
  rawHeaders,
  headers,
  httpVersionMajor,
  httpVersionMinor,
}: IncomingMessage): number | undefined {
  if (httpVersionMajor !== 1) return 505
  if (rawHeaders.length > 2 * maxHeaders) return 431
  const coding = headers['transfer-encoding']
  if (coding !== undefined) {
    // RFC 9112, 6.1: nobody knows how a proxy on the way has read that.
    if (httpVersionMinor === 0) return 400
    if (coding.toLowerCase() !== 'chunked') return /[, ]chunked$/i.test(coding) ? 501 : 400
  }
  // RFC 9112, 3.2: of several, proxies and we might each take another one for the right one.
  const hosts = countHosts(rawHeaders)
  return hosts > 1 || (hosts === 0 && httpVersionMinor > 0) ? 400 : undefined
}

function countHosts(rawHeaders: readonly string[]): number {
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  return hosts
}

/** Answers with nothing but the status and its name, and closes the connection. */
export function refuseHead(response: ServerResponse, status: number): void {
  response.shouldKeepAlive = false
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(STATUS_CODES[status])
}
