import type { IncomingMessage } from 'node:http'

/** How a request came; that of one whose body was left half-read is told as `http`, as node has removed its socket. */
export function schemeOf({ socket }: IncomingMessage): 'http' | 'https' {
  return socket && 'encrypted' in socket ? 'https' : 'http'
}
