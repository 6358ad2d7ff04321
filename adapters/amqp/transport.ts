import type { Format } from '../../envelopes/index.ts'
import { type Actor, type AdapterStart, InFlight, namedByOrigin, spawn } from '../../kernel/adapter-kit.ts'
import { type Adapter, type MessageBus, TomodachiError } from '../../kernel/index.ts'
import { type Calls, callsOf } from './calls.ts'
import { Connection } from './connection.ts'
import { deadLetterQueues } from './dead-letter-queues.ts'
import type { ResolvedOptions } from './options.ts'

/** The adapter itself, and what its users do with its broker. */
export interface Transport extends Calls {
  readonly adapter: Adapter & Pick<MessageBus, 'deadLetterQueues'>
  readonly format: Format | undefined
}

/** Makes the transport; it connects when it is started. */
export function transport(options: ResolvedOptions): Transport {
  const { name, envelope: format } = options
  const work = new InFlight()
  let consuming: readonly Actor[] = []
  let running: (Pick<AdapterStart, 'bus' | 'sender'> & { readonly connection: Connection }) | undefined

  const adapter: Transport['adapter'] = {
    name,
    deadLetterQueues: namedByOrigin(deadLetterQueues(options, connected), () => consuming),
    get ready() {
      return running?.connection.keeper.ready ?? false
    },
    async start({ actors, deliver, bus, signal, sender }) {
      const connection = new Connection(options, actors, deliver)
      // A stop must not wait for a broker that does not answer.
      signal.addEventListener('abort', () => spawn('ending the start', () => connection.keeper.close()))
      running = { connection, bus, sender }
      consuming = actors
      await connection.keeper.start()
    },
    async pause() {
      running?.connection.pause()
    },
    async close() {
      const ended = running
      await ended?.connection.close()
      if (running === ended) running = undefined
    },
    idle: () => work.idle(),
  }

  function connected(operation: string): Connection {
    return started(operation).connection
  }

  function started(operation: string): NonNullable<typeof running> {
    if (running) return running
    throw new TomodachiError('ADAPTER_NOT_STARTED', { adapter: name, operation })
  }

  const calls = callsOf({
    options,
    sender: (operation) => started(operation).sender(),
    work,
    connection: connected,
    published: (topic) => running?.bus.emit('published', { adapter: name, topic }),
  })
  return { ...calls, adapter, format }
}
