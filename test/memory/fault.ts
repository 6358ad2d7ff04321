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
import type { LineFaults } from './remote-bus.ts'

type Problems = NonNullable<MessageBus['problems']>

export type Publish = (topic: string | Topic, data: unknown, options?: PublishOptions) => Promise<void>

/** Where a fault can be put; what is left out works as it does in the bus that is wrapped. */
export interface Fault {
  /** Consumes another topic than was asked for. */
  readonly topic?: (topic: string | Topic) => string | Topic
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
  /** How often it tells of what it has published. Default 1. */
  readonly tells?: number
  /** What it says of itself. */
  readonly ready?: boolean
  readonly problems?: (problems: Problems) => Problems
  /** What goes wrong between it and its broker. */
  readonly line?: LineFaults
}

interface BusState {
  starts: number
  paused: boolean
  /** That of the kernel which has started it. */
  kernelBus: Bus | undefined
}

/** Wraps a bus so that it has a fault. */
export function withFault(bus: MessageBus, fault: Fault): MessageBus {
  const state: BusState = { starts: 0, paused: false, kernelBus: undefined }
  const { origin: _, ...intact } = bus
  const publish = fault.publish?.(bus.publish as Publish, state) ?? bus.publish
  const faulty: MessageBus = {
    ...intact,
    get ready() {
      return (fault.ready ?? bus.ready) as boolean
    },
    get problems() {
      const { problems = [] } = bus
      return fault.problems?.(problems) ?? problems
    },
    deadLetterQueues: { ...bus.deadLetterQueues, ...fault.aside?.(bus.deadLetterQueues) },
    topic: ((topic: string | Topic, options: TopicOptions = {}) => ({
      ...bus.topic(fault.topic?.(topic) ?? topic, fault.options?.(options) ?? options),
      adapter: faulty,
    })) as MessageBus['topic'],
    publish: publish as MessageBus['publish'],
    async start(given) {
      state.starts++
      state.paused = false
      state.kernelBus = given.bus
      const settling = settlingBy(given.deliver, fault.settle)
      const deliver = fault.deliver?.(settling) ?? settling
      const told = telling(given.bus, fault.tells ?? 1)
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

/** A bus on which everything is told so often. */
function telling(kernelBus: Bus, times: number): Bus {
  if (times === 1) return kernelBus
  const emit = (...event: Parameters<Bus['emit']>) => {
    for (let told = 0; told < times; told++) kernelBus.emit(...event)
  }
  return new Proxy(kernelBus, {
    get(target, name) {
      const value: unknown = name === 'emit' ? emit : Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function settlingBy(deliver: Deliver, change: Fault['settle']): Deliver {
  if (!change) return deliver
  return (envelope, settle) =>
    deliver(envelope, (settlement, delivery) => {
      const tell = (changed: Settlement) => (settle as Settle)(changed, delivery)
      const changed = change(settlement)
      if (changed instanceof Promise) void changed.then(tell)
      else if (changed) return tell(changed)
    })
}

/** The end of a bus that closes. */
export const refuse = () => Promise.reject(new Error('the bus is closing'))

/** Ways in which a bus can be broken, each with laws that must notice. */
export type Faults = Readonly<Record<string, readonly [fault: () => Fault, laws: readonly string[]]>>
