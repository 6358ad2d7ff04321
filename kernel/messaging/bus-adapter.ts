import type { Adapter } from '../actors/adapter.ts'
import { TomodachiError } from '../errors.ts'
import type { InFlight } from '../in-flight.ts'
import type { Broker, ConsumedQueue } from './broker/broker.ts'
import type { Outgoing } from './broker/sending.ts'
import type { ResolvedBusOptions } from './bus-option-shapes.ts'
import { type DeadLetterQueues, deadLetterQueuesOf } from './dead-letters/dead-letter-queues.ts'
import { Session } from './session.ts'

/** The adapter of a message bus. */
export interface BusAdapter extends Adapter {
  readonly deadLetterQueues: DeadLetterQueues
}

/** The adapter, and its session for an operation; that throws `ADAPTER_NOT_STARTED` where there is none. */
export function busAdapter<Queue extends ConsumedQueue, Handle, Message extends Outgoing>(
  broker: Broker<Queue, Handle, Message>,
  options: ResolvedBusOptions,
  work: InFlight,
) {
  const { name } = options
  let session: Session<Queue, Handle, Message> | undefined
  function running(operation: string, subject = '') {
    if (session) return session
    throw new TomodachiError('ADAPTER_NOT_STARTED', { adapter: name, operation: operation + subject })
  }
  const adapter: BusAdapter = {
    name,
    get ready() {
      return session?.ready ?? false
    },
    get problems() {
      return session?.problems ?? []
    },
    async start(given) {
      session = new Session(broker, options, given)
      await session.start()
    },
    pause: async () => session?.pause(),
    async close() {
      const ended = session
      await ended?.close()
      // It may have been started again meanwhile.
      if (session === ended) session = undefined
    },
    idle: () => work.idle(),
    deadLetterQueues: deadLetterQueuesOf(broker, running),
  }
  return { adapter, running }
}
