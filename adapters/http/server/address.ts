import { createServer } from 'node:net'
import { type BindAddress, bind } from '../../../kernel/adapter-kit.ts'

/** Resolves when a server could listen here; nobody is served. Rejects as `bind` does. */
export async function checkAddress(address: BindAddress): Promise<void> {
  const server = createServer((socket) => socket.destroy())
  await bind(server, address)
  await new Promise((resolve) => server.close(resolve))
}
