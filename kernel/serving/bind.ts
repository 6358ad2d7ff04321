import { TomodachiError } from '../errors.ts'
import { reasonOf } from '../thrown.ts'

/** A server of `node:net` or of what stands on it. */
export interface Bindable {
  once(event: 'error', listener: (error: Error) => void): unknown
  off(event: 'error', listener: (error: Error) => void): unknown
  listen(address: BindAddress, listening: () => void): unknown
}

/** Where a server listens. */
export interface BindAddress {
  readonly host: string
  readonly port: number
  readonly reusePort?: boolean
}

/**
 * Has the server listen. Rejects with `ADDRESS_IN_USE` when the port is taken, and with `ADDRESS_NOT_AVAILABLE` when the
 * host is not of this machine or the port not permitted.
 */
export async function bind(server: Bindable, address: BindAddress): Promise<void> {
  const { host, port, reusePort = false } = address
  await new Promise<void>((resolve, reject) => {
    const failed = (error: Error) => reject(listenError(error, `${host}:${port}`))
    server.once('error', failed)
    server.listen({ host, port, reusePort }, () => {
      server.off('error', failed)
      resolve()
    })
  })
}

/**
 * Has a server listen that answers nobody, and closes it: whether that is possible. Rejects as `bind` does. A port that is
 * shared counts as free: whoever listens there, too, would get connections of those who serve.
 */
export async function checkBind(
  server: Bindable & { close(closed: () => void): unknown },
  address: BindAddress,
): Promise<void> {
  await bind(server, address.reusePort ? { ...address, port: 0 } : address)
  await new Promise<void>((resolve) => server.close(resolve))
}

function listenError(error: NodeJS.ErrnoException, address: string): TomodachiError {
  if (error.code === 'EADDRINUSE') return new TomodachiError('ADDRESS_IN_USE', { address }, { cause: error })
  const reason = error.code ?? reasonOf(error)
  return new TomodachiError('ADDRESS_NOT_AVAILABLE', { address, reason }, { cause: error })
}
