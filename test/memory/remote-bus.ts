import { type MessageBus, type Settlement, TomodachiError } from 'tomodachi'
import type {
  Actor,
  AdapterStart,
  CancellableDelivery,
  Deliver,
  MessageSource,
  Settle,
} from 'tomodachi/adapter-kit'
import { Envelope } from 'tomodachi/envelopes'

/** What can be wrong with a line and the broker at its end, or how a bus uses it. */
export interface LineFaults {
  /** Consumers are not attached again. */
  readonly deaf?: boolean
  /** It says that it is ready again, and consumers are attached later. */
  readonly early?: boolean
  /** What becomes of messages in hand when the connection is lost. Default: they are given back. */
  readonly hand?: Settlement
  /** What a handler returns late settles another message, as its number is now that of another. */
  readonly mistaken?: boolean
  /** What becomes of messages that are published meanwhile. Default: they are sent later. */
  readonly published?: 'lost' | 'left'
  /** The broker keeps nothing on disk. */
  readonly forgets?: boolean
  /** Nobody counts how often a message was lost. */
  readonly uncounted?: boolean
}

/** What a bus needs to know of its line. */
interface End {
  readonly faults: LineFaults
  /** How often each message was in hand when a connection was lost, by its id. */
  readonly losses: Map<string, number>
  /** Resolves when the line can be used; undefined if it can. */
  opened(): Promise<void> | undefined
}

/** A message that a process has, and the broker waits for. */
type Held = (settlement: Settlement) => void

const acked: Settlement = { state: 'acked', reply: undefined }
const never = new Promise<never>(() => {})

/** A bus at the end of a line to its broker: another bus, which loses its connection and gets it back, or dies. */
export class RemoteBus {
  /** What its users see. */
  readonly face: MessageBus
  readonly #bus: MessageBus
  readonly #end: End
  readonly #hand = new Set<Held>()
  /** What it was started with, while it is. */
  #start: AdapterStart | undefined
  #lastStart: AdapterStart | undefined
  #isUp = false
  #wasLost = false
  #isDead = false

  constructor(bus: MessageBus, end: End) {
    this.#bus = bus
    this.#end = end
    const isUp = () => this.#isUp
    const { origin: _, ...intact } = bus
    const face: MessageBus = {
      ...intact,
      get ready() {
        return isUp()
      },
      get problems() {
        return isUp() ? [] : [{ part: 'the connection', reason: 'it was cut', since: new Date() }]
      },
      topic: ((topic, options) => ({ ...bus.topic(topic, options), adapter: face })) as MessageBus['topic'],
      publish: (...message: Parameters<MessageBus['publish']>) => this.#publish(message),
      start: async (given) => {
        this.#start = { ...given, deliver: this.#holding(given) }
        this.#lastStart = this.#start
        await this.attach()
      },
      close: async () => {
        this.#start = undefined
        this.#isUp = false
        this.#wasLost = false
        await bus.close()
      },
    }
    this.face = face
  }

  /** Loses the connection: what was in hand goes back to the broker. */
  async lose(reason: string): Promise<void> {
    if (!this.#isUp) return
    this.#isUp = false
    this.#wasLost = true
    await this.#bus.pause()
    for (const settle of this.#hand)
      settle(this.#end.faults.hand ?? { state: 'released', failed: false, after: 0, reason })
    await this.#bus.close()
  }

  /** Connects, and attaches the consumers. */
  async attach(): Promise<void> {
    if (!this.#start || this.#isDead) return
    const { deaf, early } = this.#end.faults
    if (this.#wasLost && (deaf || early)) {
      await this.#bus.start({ ...this.#start, actors: [] })
      if (early) setTimeout(() => void this.#attachLate(), 100)
    } else {
      await this.#bus.start(this.#start)
    }
    this.#isUp = true
  }

  async #attachLate(): Promise<void> {
    if (!this.#isUp || !this.#start) return
    await this.#bus.close()
    if (this.#start) await this.#bus.start(this.#start)
  }

  /** The broker has nothing of what waited in the queues that this bus has consumed. */
  async forget(): Promise<void> {
    if (!this.#lastStart) return
    let gone = 0
    const losing: Deliver = (_, settle) => {
      gone++
      const delivery = {} as CancellableDelivery
      ;(settle as Settle)(acked, delivery)
      return delivery
    }
    await this.#bus.start({ ...this.#lastStart, deliver: losing })
    for (let before = -1; gone > before; await new Promise(setImmediate)) before = gone
    await this.#bus.close()
  }

  /** Its process dies. */
  async crash(): Promise<void> {
    this.#isDead = true
    await this.lose('the process is dead')
  }

  async #publish(message: Parameters<MessageBus['publish']>): Promise<void> {
    const { published } = this.#end.faults
    if (published && this.#start && !this.#isUp) return published === 'left' ? never : undefined
    const opened = this.#end.opened()
    if (opened) await opened
    await (this.#isDead ? never : this.#bus.publish(...message))
  }

  /** What settles is no longer in hand; and whoever is in hand when the connection is lost, settles nothing. */
  #holding({ deliver, actors }: AdapterStart): Deliver {
    const {
      losses,
      faults: { mistaken, uncounted },
    } = this.#end
    return (arrived, settle) => {
      const envelope = uncounted ? arrived : counted(arrived, losses.get(arrived.id), actors)
      const tell = settle as Settle
      let isHeld = true
      const end = (settlement: Settlement, own: CancellableDelivery) => {
        if (!isHeld) return mistaken ? [...this.#hand].at(-1)?.(settlement) : undefined
        isHeld = false
        this.#hand.delete(lost)
        return tell(settlement, own)
      }
      const lost = (settlement: Settlement) => {
        losses.set(envelope.id, (losses.get(envelope.id) ?? 0) + 1)
        end(settlement, delivery)
        if (!mistaken) delivery.cancel('the connection is lost')
      }
      this.#hand.add(lost)
      const delivery: CancellableDelivery = deliver(envelope, end)
      return delivery
    }
  }
}

/** The envelope as it would be if the broker at the end of the line had counted. */
function counted(envelope: Envelope, redeliveries: number | undefined, actors: readonly Actor[]): Envelope {
  if (redeliveries === undefined) return envelope
  const { address, id, attempt, headers, given } = envelope
  Object.assign(given, { redeliveries })
  const source = actors.find((actor) => actor.address === address)?.source as MessageSource
  const most = source.retry.redeliveries
  const values = { topic: address, redeliveries, most }
  const failure = redeliveries > most ? new TomodachiError('REDELIVERED_TOO_OFTEN', values) : envelope.failure
  return new Envelope(address, given, { id, attempt, headers, failure })
}
