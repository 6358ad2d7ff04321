import { createServer, type Server } from 'node:net'
import { reasonOf } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'

/** Where a server listens. */
interface Address {
  readonly host: string
  readonly port: number
  readonly reusePort: boolean
}

/**
 * Has the server listen. Rejects with `ADDRESS_IN_USE` when the port is taken, and with `ADDRESS_NOT_AVAILABLE` when the
 * host is not of this machine or the port not permitted.
 */
export async function bind(server: Server, { host, port, reusePort }: Address): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const failed = (error: Error) => reject(listenError(error, `${host}:${port}`))
    server.once('error', failed)
    server.listen({ host, port, reusePort }, () => {
      server.off('error', failed)
      resolve()
    })
  })
}

/** Resolves when a server could listen here; nobody is served. Rejects as `bind` does. */
export async function checkAddress(address: Address): Promise<void> {
  const server = createServer((socket) => socket.destroy())
  await bind(server, address)
  await new Promise((resolve) => server.close(resolve))
}

function listenError(error: NodeJS.ErrnoException, address: string): TomodachiError {
  if (error.code === 'EADDRINUSE') return new TomodachiError('ADDRESS_IN_USE', { address }, { cause: error })
  return new TomodachiError(
    'ADDRESS_NOT_AVAILABLE',
    { address, reason: error.code ?? reasonOf(error) },
    { cause: error },
  )
}
