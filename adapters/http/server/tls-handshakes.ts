import type { Server as HttpsServer } from 'node:https'
import type { Server, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Connections } from './connections.ts'

/**
 * Adds each connection of a TLS server to `connections` from its beginning: as a plain socket during its handshake, and as
 * the secured one afterwards.
 */
export function trackHandshakes(server: HttpsServer, connections: Connections): void {
  // node does not tell which plain socket belongs to a secured one, but no two open ones have the same addresses and ports.
  const handshakes = new Map<string, Socket>()
  ;(server as Server).on('connection', (plain) => {
    const ends = endsOf(plain)
    handshakes.set(ends, plain)
    connections.add(plain)
    plain.once('close', () => {
      if (handshakes.get(ends) === plain) handshakes.delete(ends)
    })
  })
  server.on('secureConnection', (secured: TLSSocket) => {
    const ends = endsOf(secured)
    const plain = handshakes.get(ends)
    handshakes.delete(ends)
    if (plain) connections.remove(plain)
    connections.add(secured)
  })
}

function endsOf({ localAddress, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${remoteAddress} ${remotePort}`
}
