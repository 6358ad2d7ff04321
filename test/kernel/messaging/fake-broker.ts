// A broker of a stranger, written through the two doors. It does as the test says: nothing of it happens by itself.
import { type Kernel, type MessageBus, Service } from 'tomodachi'
import {
  type Arrival,
  actorByQueue,
  type Broker,
  type BrokerSession,
  type ConsumedQueue,
  type DeadLetterItem,
  type Held,
  lineOfText,
  type MessageBusOptions,
  messageBus,
  type Outgoing,
  publishOptionShapes,
  type Sending,
  type SendLimits,
  wholeNumber,
} from 'tomodachi/adapter-kit'
import type { Format } from 'tomodachi/envelopes'
import { started } from '../started.ts'
import { type FakeConsumer, FakeLink } from './fake-link.ts'

export interface FakeMessage extends Outgoing {
  readonly topic: string
  readonly data: unknown
}

/** A message in hand is known by its number. */
export type Step = 'ack' | 'release' | 'retry' | 'setAside' | 'reply'

export interface FakeItem extends DeadLetterItem {
  readonly place: number
}

/** What the broker does where it is asked. Each may be changed at any time. */
export interface Behaviour {
  limits: SendLimits | undefined
  lease: number | undefined
  longestLease: number | undefined
  prefetch: number | undefined
  readAhead: number | undefined
  connect(attempt: number, fake: FakeBroker): unknown
  consume(queue: string, attempt: number): unknown
  isHopeless(error: unknown): boolean
  /** Told of each call of `send`. Default: all are confirmed at once. */
  send(messages: readonly Sending<FakeMessage>[], target: string): void | Promise<void>
  /** What happens where a message is settled. Default: nothing. */
  settle(step: Step, handle: number): unknown
  renew(handle: number, milliseconds: number): boolean | Promise<boolean>
  look:
    | (() => Promise<{ readonly attached: boolean; readonly waiting: number; readonly fault?: unknown }>)
    | undefined
  closeLink(): unknown
  stop(): void | Promise<void>
  closeConsumer(): unknown
  putBack(item: FakeItem, queue: string): unknown
}

const standard: Behaviour = {
  limits: { entries: 1 },
  lease: undefined,
  longestLease: undefined,
  prefetch: undefined,
  readAhead: undefined,
  connect: () => {},
  consume: () => {},
  isHopeless: () => false,
  send: (messages) => {
    for (const sending of messages) sending.confirm()
  },
  settle: () => {},
  renew: () => true,
  look: undefined,
  closeLink: () => {},
  stop: () => {},
  closeConsumer: () => {},
  putBack: () => {},
}

export const passing = (text = 'try again'): Error & { passing?: boolean } =>
  Object.assign(new Error(text), { passing: true })

/** The broker, and what has happened to it. */
export class FakeBroker implements Broker<ConsumedQueue, number, FakeMessage> {
  readonly transport = 'fake'
  readonly publishOptions = {
    ...publishOptionShapes,
    target: lineOfText(undefined),
    bytes: wholeNumber(undefined, 0),
    group: lineOfText(undefined),
  }
  readonly does: Behaviour
  /** Steps of links and consumers, in their order. */
  readonly journal: string[] = []
  /** How messages were settled: `ack 1`, `retry 1 after 1000 as 2 over 2`. */
  readonly settled: string[] = []
  readonly links: FakeLink[] = []
  readonly sessions: BrokerSession<FakeMessage>[] = []
  readonly calls: (readonly Sending<FakeMessage>[])[] = []
  readonly queues = new Map<string, FakeItem[]>()
  readonly attempts = new Map<string, number>()
  readonly renewals: number[] = []
  mores = 0
  #handed = 0
  #connects = 0

  constructor(does: Partial<Behaviour> = {}) {
    this.does = { ...standard, ...does }
  }

  get limits(): SendLimits {
    return this.does.limits as SendLimits
  }

  get readAhead(): number {
    return this.does.readAhead as number
  }

  get link(): FakeLink {
    return this.links.at(-1) as FakeLink
  }

  get session(): BrokerSession<FakeMessage> {
    return this.sessions.at(-1) as BrokerSession<FakeMessage>
  }

  /** Data of all messages of a call. */
  get sent(): unknown[][] {
    return this.calls.map((call) => call.map(({ message }) => message.data))
  }

  note(step: string): void {
    this.journal.push(step)
  }

  queue(name: string): FakeItem[] {
    const items = this.queues.get(name) ?? []
    this.queues.set(name, items)
    return items
  }

  plan: Broker<ConsumedQueue, number, FakeMessage>['plan'] = (actors) => {
    const { prefetch } = this.does
    const shared = actors.filter(({ source }) => source.options.queue === 'shared')
    const alone = actors.filter(({ source }) => source.options.queue !== 'shared')
    const queues = [...actorByQueue(alone, ({ source }) => source.options.queue ?? source.topic.name)]
    return [
      ...queues.map(([name, actor]) => ({
        name,
        deadLetter: actor.source.options.deadLetter ?? `${name}.dead`,
        actors: [actor],
      })),
      ...(shared.length > 0 ? [{ name: 'shared', deadLetter: 'shared.dead', actors: shared }] : []),
    ].map((queue) => ({ ...queue, ...(prefetch === undefined ? {} : { prefetch }) }))
  }

  async connect(session: BrokerSession<FakeMessage>): Promise<FakeLink> {
    this.sessions.push(session)
    const number = ++this.#connects
    await this.does.connect(number, this)
    const link = new FakeLink(this, number)
    this.links.push(link)
    this.note(`connect ${number}`)
    return link
  }

  isHopeless = (error: unknown): boolean => this.does.isHopeless(error)
  isPassing = (error: unknown): boolean => (error as { passing?: boolean }).passing === true

  outgoing = (topic: string, { payload }: { readonly payload: unknown }, options: object): FakeMessage => {
    const { target = topic, ...more } = options as Partial<Pick<FakeMessage, 'target' | 'bytes' | 'group'>>
    return { ...more, topic, data: JSON.parse(String(payload)) as unknown, target }
  }

  /** The consumer of a queue over the newest link. */
  consumer(queue = 't'): FakeConsumer {
    const found = this.link.consumers.filter((consumer) => consumer.queue.name === queue).at(-1)
    if (!found) throw new Error(`nobody consumes ${queue}`)
    return found
  }

  /** Hands a message over, as number 1, 2, … */
  hand(data: unknown, more: Partial<Arrival<number>> = {}, consumer = this.consumer()): Held {
    const handle = ++this.#handed
    return consumer.receiver.take({
      handle,
      id: `id-${handle}`,
      topic: 't',
      payload: JSON.stringify(data),
      headers: {},
      attempt: 1,
      given: {},
      ...more,
    })
  }
}

/** Data as JSON, and nothing beside it. */
const plain: Format = {
  build: (data) => JSON.stringify(data ?? null),
  parse: (payload) => ({ data: JSON.parse(String(payload)), metadata: undefined }),
}

export function busOf(fake: FakeBroker, options: Partial<MessageBusOptions> = {}): MessageBus {
  return messageBus(fake, { name: 'fake', envelope: plain, ...options }, () => ({}))
}

/** A bus that is started, with a handler of the topic `t` that does as `handle` says. */
export async function busStarted(
  does: Partial<Behaviour> = {},
  options: Partial<MessageBusOptions> = {},
  handle: (given: { readonly data: unknown; readonly signal: AbortSignal }) => unknown = () => {},
): Promise<{ readonly fake: FakeBroker; readonly bus: MessageBus; readonly kernel: Kernel }> {
  const fake = new FakeBroker(does)
  const bus = busOf(fake, options)
  const kernel = await started(new Service().on(bus.topic('t'), handle as never))
  return { fake, bus, kernel }
}
