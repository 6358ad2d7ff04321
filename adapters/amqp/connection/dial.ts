import { inTime } from '../../../kernel/adapter-kit.ts'
import type { Endpoint } from './address.ts'
import { configurationOf } from './configuration.ts'
import type { Connection, CreateConnection } from './rascal.ts'

/** How connections are made. */
export interface Dialing {
  readonly createConnection: CreateConnection
  readonly endpoints: readonly Endpoint[]
  /** The name that the broker shows. */
  readonly name: string
  /** Destroys every socket when it aborts, also after it is connected. */
  readonly signal: AbortSignal
  /** Called when a host has answered, or failed to. */
  progressed(): void
  /** Called with a connection before anything can happen to it. */
  watch(connection: Connection): void
}

/** Connects to the first host that lets it in, each within `connectionTimeout`. Rejects with the error of the last. */
export async function dial(dialing: Dialing): Promise<Connection> {
  let failure: unknown
  for (const endpoint of dialing.endpoints) {
    dialing.signal.throwIfAborted()
    try {
      return await dialOne(endpoint, dialing)
    } catch (error) {
      failure = error
    } finally {
      dialing.progressed()
    }
  }
  throw failure
}

function dialOne(
  endpoint: Endpoint,
  { createConnection, name, signal, watch }: Dialing,
): Promise<Connection> {
  const { connectionTimeout } = endpoint
  const attempt = new AbortController()
  const both = AbortSignal.any([signal, attempt.signal])
  const configuration = configurationOf(endpoint, name, both)
  const context: Parameters<CreateConnection>[1] = { connectionIndex: 0 }
  const connecting = new Promise<Connection>((resolve, reject) => {
    createConnection({ connections: [configuration] }, context, (error) => {
      const { connection } = context
      if (error || !connection || both.aborted) return reject(error ?? new Error('there is no connection'))
      watch(connection)
      resolve(connection)
    })
  })
  const late = () => {
    attempt.abort()
    return new Error(`the broker did not let us in within ${connectionTimeout} ms`)
  }
  return inTime(connecting, connectionTimeout, late)
}
