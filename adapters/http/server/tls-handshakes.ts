import type { Server as HttpsServer } from 'node:https'
import type { Server, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Connections } from './connections.ts'

/**
 * Has `connections` know each connection of a TLS server from its beginning: as a plain socket while its handshake goes
 * on, and from then on as the secured one, through which answers go.
 */
export function trackHandshakes(server: HttpsServer, connections: Connections): void {
  // node does not tell which plain socket lies below a secured one. No two that are open have the same ends.
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
