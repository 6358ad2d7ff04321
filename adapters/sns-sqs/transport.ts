import type { Format } from '../../envelopes/index.ts'
import { type Actor, InFlight, namedByOrigin } from '../../kernel/adapter-kit.ts'
import { type Adapter, type MessageBus, TomodachiError } from '../../kernel/index.ts'
import { deadLetterQueues } from './dead-letter-queues.ts'
import type { ResolvedOptions } from './options.ts'
import { Sender } from './sender.ts'
import { closeSession, consume, openSession, type Session } from './session.ts'

/** The adapter itself, and what its users do with AWS. */
export interface Transport {
  readonly adapter: Adapter & Pick<MessageBus, 'deadLetterQueues'>
  readonly format: Format | undefined
  readonly sender: Sender
}

/** Makes the transport; it connects when it is started. */
export function transport(options: ResolvedOptions): Transport {
  const { name, envelope: format } = options
  const work = new InFlight()
  let session: Session | undefined
  let consuming: readonly Actor[] = []
  let ending = new AbortController()

  function started(operation: string): Session {
    if (session) return session
    throw new TomodachiError('ADAPTER_NOT_STARTED', { adapter: name, operation })
  }

  const running = (operation: string) => ({ session: started(operation), signal: ending.signal })
  const adapter: Transport['adapter'] = {
    name,
    deadLetterQueues: namedByOrigin(deadLetterQueues(running), () => consuming),
    get ready() {
      return session?.consumers.every(({ ready }) => ready) ?? false
    },
    async start({ actors, deliver, bus, signal, sender }) {
      const own = new AbortController()
      ending = own
      // A stop must not wait for AWS where it does not answer.
      signal.addEventListener('abort', () => own.abort())
      const opened = await openSession(options, bus, sender)
      if (signal.aborted) {
        await closeSession(opened)
        throw signal.reason
      }
      session = opened
      consuming = actors
      await consume(opened, actors, deliver, own.signal)
    },
    async pause() {
      for (const consumer of session?.consumers ?? []) consumer.pause()
      session?.publisher.hurry()
    },
    async close() {
      ending.abort()
      const ended = session
      session = undefined
      if (ended) await closeSession(ended)
    },
    idle: () => work.idle(),
  }

  const sender = new Sender({
    options,
    work,
    signal: () => ending.signal,
    session: started,
  })

  return { adapter, format, sender }
}
