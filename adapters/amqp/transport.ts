import type { Format } from '../../envelopes/index.ts'
import { type Actor, InFlight, namedByOrigin, senderFor, spawn } from '../../kernel/adapter-kit.ts'
import { type Adapter, type Bus, type MessageBus, TomodachiError } from '../../kernel/index.ts'
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
  let running: { readonly connection: Connection; readonly bus: Bus; readonly forget: () => void } | undefined

  const adapter: Transport['adapter'] = {
    name,
    deadLetterQueues: namedByOrigin(deadLetterQueues(options, connected), () => consuming),
    get ready() {
      return running?.connection.keeper.ready ?? false
    },
    async start(actors, deliver, bus) {
      const connection = new Connection(options, actors, deliver)
      // A stop must not wait for a broker that does not answer.
      const forget = bus.on('lifecycle', ({ from, to }) => {
        if (from.startsWith('starting') && to === 'stopping' && !connection.keeper.ready)
          spawn('ending the start', () => connection.keeper.close())
      })
      running = { connection, bus, forget }
      consuming = actors
      await connection.keeper.start()
    },
    async pause() {
      running?.connection.pause()
    },
    async close() {
      const ended = running
      ended?.forget()
      await ended?.connection.close()
      if (running === ended) running = undefined
    },
    idle: () => work.idle(),
  }

  function connected(operation: string): Connection {
    if (running) return running.connection
    throw new TomodachiError('ADAPTER_NOT_STARTED', { adapter: name, operation })
  }

  const calls = callsOf({
    options,
    sender: () => senderFor(adapter),
    work,
    connection: connected,
    published: (topic) => running?.bus.emit('published', { adapter: name, topic }),
  })
  return { ...calls, adapter, format }
}
