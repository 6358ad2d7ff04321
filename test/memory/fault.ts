import type {
  Bus,
  DeadLetterQueues,
  MessageBus,
  PublishOptions,
  Settlement,
  Topic,
  TopicOptions,
} from 'tomodachi'
import type { Deliver, Settle } from 'tomodachi/adapter-kit'

export type Publish = (topic: string | Topic, data: unknown, options?: PublishOptions) => Promise<void>

/** Where a fault can be put; what is left out works as it does in the bus that is wrapped. */
export interface Fault {
  /** Consumes another topic than was asked for. */
  readonly topic?: (topic: string) => string
  /** Consumes it in another way. */
  readonly options?: (options: TopicOptions) => TopicOptions
  /** Changes how a delivery ended; undefined: the transport is not told. */
  readonly settle?: (settlement: Settlement) => Settlement | undefined | Promise<Settlement>
  readonly deliver?: (deliver: Deliver) => Deliver
  readonly publish?: (publish: Publish, bus: BusState) => Publish
  readonly start?: (start: () => Promise<void>, bus: BusState) => Promise<void>
  readonly pause?: (pause: () => Promise<void>) => Promise<void>
  readonly close?: (close: () => Promise<void>) => Promise<void>
  readonly aside?: (queues: DeadLetterQueues) => Partial<DeadLetterQueues>
  /** Whether it tells of what it has published. Default true. */
  readonly tells?: boolean
  /** What it says of itself. */
  readonly ready?: boolean
}

interface BusState {
  starts: number
  paused: boolean
}

/** Wraps a bus so that it has a fault. */
export function withFault(bus: MessageBus, fault: Fault): MessageBus {
  const state: BusState = { starts: 0, paused: false }
  const { origin: _, ...intact } = bus
  const publish = fault.publish?.(bus.publish as Publish, state) ?? bus.publish
  const faulty: MessageBus = {
    ...intact,
    get ready() {
      return (fault.ready ?? bus.ready) as boolean
    },
    deadLetterQueues: { ...bus.deadLetterQueues, ...fault.aside?.(bus.deadLetterQueues) },
    topic: ((topic: string, options: TopicOptions = {}) => ({
      ...bus.topic(fault.topic?.(topic) ?? topic, fault.options?.(options) ?? options),
      adapter: faulty,
    })) as MessageBus['topic'],
    publish: publish as MessageBus['publish'],
    async start(given) {
      state.starts++
      state.paused = false
      const settling = settlingBy(given.deliver, fault.settle)
      const deliver = fault.deliver?.(settling) ?? settling
      const told = fault.tells === false ? silent(given.bus) : given.bus
      const start = () => bus.start({ ...given, deliver, bus: told })
      await (fault.start?.(start, state) ?? start())
    },
    async pause() {
      state.paused = true
      await (fault.pause?.(bus.pause) ?? bus.pause())
    },
    close: async () => fault.close?.(bus.close) ?? bus.close(),
  }
  return faulty
}

/** A bus on which nothing is told. */
function silent(kernelBus: Bus): Bus {
  return new Proxy(kernelBus, {
    get: (target, name) => (name === 'emit' ? () => {} : Reflect.get(target, name).bind(target)),
  })
}

function settlingBy(deliver: Deliver, change: Fault['settle']): Deliver {
  if (!change) return deliver
  return (envelope, settle) =>
    deliver(envelope, (settlement) => {
      const tell = settle as Settle
      const changed = change(settlement)
      if (changed instanceof Promise) void changed.then(tell)
      else if (changed) return tell(changed)
    })
}

/** The end of a bus that closes. */
export const refuse = () => Promise.reject(new Error('the bus is closing'))

/** Ways in which a bus can be broken, each with laws that must notice. */
export type Faults = Readonly<Record<string, readonly [fault: () => Fault, laws: readonly string[]]>>
