import { type Clock, Kernel, Service, type Settlement, TomodachiError } from 'tomodachi'
import { Envelope } from 'tomodachi/envelopes'
import { type Deferred, deferred, type FakeAdapter, fakeAdapter, turn } from '../kernel/fake-adapter.ts'
import { is, type PathEvent } from './lifecycle-paths.ts'

/** A clock whose timers fire one at a time, by hand: two deadlines of a path may lie at the same instant. */
interface SteppedClock extends Clock {
  readonly pending: number
  fireNext(): void
}

function steppedClock(): SteppedClock {
  const timers = new Map<object, { readonly due: number; readonly callback: () => void }>()
  let now = 0
  return {
    now: () => now,
    setTimeout(callback, delay) {
      const timer = {}
      timers.set(timer, { due: now + delay, callback })
      return timer
    },
    clearTimeout: (timer) => void timers.delete(timer as object),
    get pending() {
      return timers.size
    },
    fireNext() {
      const [next] = [...timers].sort(([, one], [, other]) => one.due - other.due)
      if (!next) throw new Error('no timer waits')
      timers.delete(next[0])
      now = next[1].due
      next[1].callback()
    },
  }
}

type Controlled = 'onStart' | 'onStarted' | 'onStopping' | 'onStop' | AdapterStep | 'work' | 'release'
type AdapterStep = `${'first' | 'second'} ${'start' | 'pause' | 'close'}`

/**
 * Walks a kernel along a path: a service with all hooks, two adapters, and one delivery in flight, each of whose steps
 * ends when, and as, the path says.
 */
export class LifecycleDriver {
  readonly clock = steppedClock()
  readonly kernel: Kernel
  readonly adapters: readonly FakeAdapter[]
  readonly transitions: { readonly from: string; readonly to: string; readonly event: string }[] = []
  /** How the delivery in flight was settled; more than one entry would be a fault. */
  readonly settlements: Settlement[] = []
  /** What `kernel.start()` came to: `started`, or the error. Undefined while it is under way. */
  start: unknown
  exitCode: number | undefined
  readonly #controls = new Map<Controlled, Deferred>()

  /** The stop of its service begins with a delay of so many milliseconds. */
  constructor(stopDelay: number) {
    const first = this.#adapter('first')
    const second = this.#adapter('second')
    this.adapters = [first, second]
    const service = new Service({
      adapters: [second],
      stopDelay,
      onStart: () => this.#control('onStart').promise,
      onStarted: () => this.#control('onStarted').promise,
      onStopping: () => this.#control('onStopping').promise,
      onStop: () => this.#control('onStop').promise,
    }).on(first.source('work'), () => this.#control('work').promise)
    this.kernel = new Kernel([service], { ownsProcess: false, clock: this.clock })
    this.kernel.bus.on('lifecycle', (step) => void this.transitions.push(step))
    this.kernel.stopped.then((exitCode) => {
      this.exitCode = exitCode
    })
  }

  get value(): unknown {
    return this.kernel.lifecycle.getSnapshot().value
  }

  /** Makes the event of a path happen, as the world would. */
  async take(event: PathEvent): Promise<void> {
    if (event.type === 'start') this.#start()
    else if (event.type === 'stop') void this.kernel.stop(event.exitCode)
    else if (event.type === 'fail') this.kernel.lifecycle.send({ type: 'fail', error: event.error })
    else if (event.type === 'force') this.kernel.force(event.exitCode as number)
    else if (event.type.startsWith('xstate.after.')) this.clock.fireNext()
    else this.#end(event)
    await turn()
  }

  /** Whether closing takes no time: no adapter was started. */
  get closesAtOnce(): boolean {
    return this.adapters.every(({ calls }) => calls.length === 0)
  }

  /** Ends whatever still goes on, successfully, and waits for what follows from it. */
  async endAll(): Promise<void> {
    for (let round = 0; round < 4; round++) {
      for (const [name] of this.#controls) this.#succeed(name)
      await turn()
    }
  }

  #start(): void {
    this.kernel.start().then(
      () => {
        this.start = 'started'
      },
      (error: unknown) => {
        this.start = error instanceof TomodachiError ? error.code : error
      },
    )
    const [actor] = this.kernel.actors()
    this.kernel.bus.deliver(new Envelope(actor?.address ?? '', {}), (settlement) => {
      this.settlements.push(settlement)
      return settlement.state === 'released' ? this.#control('release').promise : undefined
    })
  }

  #end(event: PathEvent): void {
    const { error } = event
    if (is(event, 'done', 'runStartHooks')) this.#succeed('onStart')
    if (is(event, 'error', 'runStartHooks')) this.#fail('onStart', error)
    if (is(event, 'done', 'startAdapters')) this.#succeed('first start', 'second start')
    if (is(event, 'error', 'startAdapters')) {
      this.#fail('second start', error)
      this.#succeed('first start')
    }
    if (is(event, 'done', 'runStartedHooks')) this.#succeed('onStarted')
    if (is(event, 'error', 'runStartedHooks')) this.#fail('onStarted', error)
    if (is(event, 'error', 'pauseAdapters')) this.#fail('onStopping', error)
    if (is(event, 'done', 'pauseAdapters') || is(event, 'error', 'pauseAdapters')) {
      this.#succeed('onStart', 'first start', 'second start', 'onStarted')
      this.#succeed('onStopping', 'first pause', 'second pause')
    }
    if (is(event, 'done', 'waitUntilIdle')) this.#succeed('work')
    if (is(event, 'done', 'releaseWork')) this.#succeed('work', 'release')
    if (is(event, 'error', 'closeAdapters')) this.#fail('first close', error)
    if (is(event, 'done', 'closeAdapters') || is(event, 'error', 'closeAdapters')) {
      this.#succeed('first start', 'second start', 'first close', 'second close')
    }
    if (is(event, 'done', 'runStopHooks')) this.#succeed('onStop')
    if (is(event, 'error', 'runStopHooks')) this.#fail('onStop', error)
  }

  #adapter(name: 'first' | 'second'): FakeAdapter {
    const step = (verb: 'start' | 'pause' | 'close') => () => this.#control(`${name} ${verb}`).promise
    return fakeAdapter({ name, on: { start: step('start'), pause: step('pause'), close: step('close') } })
  }

  #control(name: Controlled): Deferred {
    const control = this.#controls.get(name) ?? deferred()
    this.#controls.set(name, control)
    return control
  }

  #succeed(...names: readonly Controlled[]): void {
    for (const name of names) this.#control(name).resolve()
  }

  #fail(name: Controlled, error: unknown): void {
    this.#control(name).reject(error)
  }
}
