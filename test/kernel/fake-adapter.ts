import type { Adapter, Settlement, Source } from 'tomodachi'
import type { Actor, CancellableDelivery, Deliver } from 'tomodachi/adapter-kit'
import { Envelope, type EnvelopeDetails } from 'tomodachi/envelopes'

/** A promise that is settled from outside. */
export interface Deferred<T = void> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(error: unknown): void
}

export function deferred<T = void>(): Deferred<T> {
  let resolve!: (value: T) => void
  let reject!: (error: unknown) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  // Rejected by hand, and perhaps never awaited: that alone must not end the test process.
  promise.catch(() => {})
  return { promise, resolve, reject }
}

/** Lets everything that is ready go on. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A delivery on its way, and how it ends. */
export interface Sent {
  readonly delivery: CancellableDelivery
  readonly settlements: readonly Settlement[]
  readonly settled: Promise<Settlement>
}

type Step = 'start' | 'pause' | 'close'

export interface FakeOptions {
  readonly name?: string
  /** What a step does. Default: it resolves at once. */
  readonly on?: Partial<Record<Step, () => Promise<void>>>
  /** What telling the transport of a settlement does. */
  readonly settle?: (settlement: Settlement) => void | Promise<void>
  /** What is noted of its steps; several adapters may share it. */
  readonly journal?: string[]
}

/** An adapter whose outside world is the test. `Given` and `Reply` type its sources. */
export interface FakeAdapter extends Adapter {
  /** Steps that were called, in order: `start`, `pause`, `close`. */
  readonly calls: readonly Step[]
  /** The actors of the last start. */
  readonly actors: readonly Actor[]
  source<Given extends object = object, Reply = unknown>(
    address: string,
    options?: Partial<Omit<Source, 'adapter' | 'address'>>,
  ): Source<Given, Reply>
  /** Delivers to the handler of this source address. */
  send(address: string, given?: object, details?: EnvelopeDetails): Sent
}

export function fakeAdapter({ name = 'fake', on = {}, settle, journal }: FakeOptions = {}): FakeAdapter {
  const calls: Step[] = []
  let actors: readonly Actor[] = []
  let deliver: Deliver | undefined

  const called = async (step: Step): Promise<void> => {
    calls.push(step)
    journal?.push(`${name} ${step}`)
    await on[step]?.()
  }
  const adapter: FakeAdapter = {
    name,
    calls,
    get actors() {
      return actors
    },
    start(given) {
      actors = given.actors
      deliver = given.deliver
      return called('start')
    },
    pause: () => called('pause'),
    close: () => called('close'),
    source: (address, options = {}) =>
      ({ adapter, transport: 'fake', address, use: [], ...options }) as never,
    send(address, given = {}, details = {}) {
      const actor = actors.find(({ source }) => source.address === address)
      if (!actor || !deliver) throw new Error(`${name} has no handler of ${address}`)
      const settlements: Settlement[] = []
      const { promise, resolve } = deferred<Settlement>()
      const delivery = deliver(new Envelope(actor.address, given, details), (settlement) => {
        settlements.push(settlement)
        resolve(settlement)
        return settle?.(settlement)
      })
      return { delivery, settlements, settled: promise }
    },
  }
  return adapter
}
