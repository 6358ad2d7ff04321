import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AnyMiddleware,
  type HandlerContext,
  Kernel,
  type MessageBus,
  type MessageGiven,
  type PublishOptions,
  Service,
  type ServiceOptions,
  type Topic,
  type TopicOptions,
} from '../../../kernel/index.ts'
import { Gate } from './gate.ts'
import type { Journal } from './journal.ts'
import type { Features, Interruption, World } from './world.ts'

/** What the handlers of the laws are given. */
export type Message = HandlerContext & MessageGiven

/** How a law consumes a topic. */
export interface ConsumerOptions extends TopicOptions {
  readonly use?: readonly AnyMiddleware[]
  /** Default: the patience of the suite. */
  readonly drainTimeout?: number
}

/** What would be a process in production: a service that runs on a bus of its own. */
export interface Instance {
  readonly bus: MessageBus
  readonly service: Service
  readonly kernel: Kernel
}

/** Where one law is proved: a fresh world, names that nobody else has, and the instances that the law starts. */
export class Stage {
  readonly world: World
  readonly features: Features
  readonly #suffix = randomUUID().slice(0, 8)
  readonly #kernels: Kernel[] = []
  readonly #gates: Gate[] = []
  readonly #restores = new Set<() => Promise<void>>()
  readonly #crashed: MessageBus[] = []
  #names = 0

  constructor(world: World, features: Features) {
    this.world = world
    this.features = features
  }

  /** A name for a topic or a queue. */
  name(purpose: string): string {
    return `${purpose}-${this.#suffix}-${++this.#names}`
  }

  /** So many different texts, in ascending order, to be published and recognized. */
  texts(count = this.features.messages): string[] {
    return Array.from({ length: count }, (_, index) => `message ${String(index).padStart(6, '0')}`)
  }

  /** A gate that is opened at the end at the latest, so that no handler waits for ever. */
  gate(): Gate {
    const gate = new Gate()
    this.#gates.push(gate)
    return gate
  }

  /** Makes an instance, without starting it. `setUp` registers its handlers. */
  async instance(
    setUp: (service: Service, bus: MessageBus) => void,
    options: ServiceOptions = {},
  ): Promise<Instance> {
    const bus = await this.world.bus()
    const service = new Service({ drainTimeout: this.features.patience, adapters: [bus], ...options })
    setUp(service, bus)
    const kernel = new Kernel([service], { ownsProcess: false })
    this.#kernels.push(kernel)
    return { bus, service, kernel }
  }

  /** Starts an instance. */
  async start(
    setUp: (service: Service, bus: MessageBus) => void,
    options?: ServiceOptions,
  ): Promise<Instance> {
    const instance = await this.instance(setUp, options)
    await this.settled(instance.kernel.start(), 'the start of an instance')
    return instance
  }

  /** Starts an instance that consumes one topic. */
  async consumer(
    topic: string | Topic,
    { use = [], drainTimeout = this.features.patience, ...options }: ConsumerOptions,
    handler: (message: Message) => void | Promise<void>,
  ): Promise<Instance> {
    return this.start((service, bus) => service.on(bus.topic(topic, options), handler, { use: use as [] }), {
      drainTimeout,
    })
  }

  /** Makes the queue of a topic exist, with nobody consuming it. */
  async declare(topic: string, options: TopicOptions): Promise<void> {
    const { kernel } = await this.consumer(topic, options, () => assert.fail('there is no message yet'))
    await this.stop(kernel)
  }

  /** Starts an instance that only publishes. */
  async publisher(): Promise<MessageBus> {
    const { bus } = await this.start(() => {})
    return bus
  }

  /** Publishes every text, without waiting for one before the next; the last returns when all are confirmed. */
  async publish(
    bus: MessageBus,
    topic: string,
    texts: readonly string[],
    options?: PublishOptions,
  ): Promise<void> {
    const publishing = Promise.all(texts.map((text) => bus.publish(topic, text, options)))
    await this.settled(publishing, `the publishing of ${texts.length} messages`)
  }

  /** Stops an instance gracefully. Returns the exit code. */
  async stop(kernel: Kernel): Promise<number> {
    return this.settled(kernel.stop(), 'the stop of an instance')
  }

  /** Tries the assertions again and again until they hold; after `within` milliseconds fails as they do. */
  async eventually(assertions: () => void | Promise<void>, within = this.features.patience): Promise<void> {
    const deadline = performance.now() + within
    for (let pause = 2; ; pause = Math.min(2 * pause, 100)) {
      try {
        return await assertions()
      } catch (error) {
        if (performance.now() >= deadline) throw error
      }
      await sleep(pause)
    }
  }

  /** The same, for what must not wait until a lease ends. */
  async promptly(assertions: () => void | Promise<void>): Promise<void> {
    return this.eventually(assertions, this.features.promptness)
  }

  /** Interrupts the buses until the returned function is called, or the end. */
  async interrupt(how: Interruption): Promise<() => Promise<void>> {
    assert.ok(this.world.interrupt, `the world has no interrupt('${how}'); without it, declare ${how}: false`)
    const restore = await this.world.interrupt(how)
    this.#restores.add(restore)
    return async () => {
      this.#restores.delete(restore)
      await restore()
    }
  }

  /** Has the process of an instance die, as far as its broker can tell. */
  async crash({ bus, kernel }: Instance): Promise<void> {
    assert.ok(this.world.crash, 'the world has no crash(bus); without it, declare crash: false')
    this.#crashed.push(bus)
    await this.settled(this.world.crash(bus), 'the crash of an instance')
    kernel.force(137)
  }

  /** Lets some time pass in which something must not happen. */
  async silence(): Promise<void> {
    await sleep(this.features.silence)
  }

  /** What the promise settles with; fails when it does not settle while patience lasts. */
  async settled<T>(work: Promise<T>, subject: string): Promise<T> {
    const stop = new AbortController()
    const timeout = sleep(this.features.patience, undefined, { signal: stop.signal }).then(
      () => assert.fail(`${subject} has not ended after ${this.features.patience} ms`),
      () => new Promise<never>(() => {}),
    )
    try {
      return await Promise.race([work, timeout])
    } finally {
      stop.abort()
    }
  }

  /** Waits until exactly these texts have been handled; once each where the bus promises it. */
  async handled(journal: Journal, texts: readonly string[]): Promise<void> {
    const expected = [...texts].sort()
    await this.eventually(() => {
      const missing = expected.filter((text) => !journal.has(text))
      assert.equal(missing.length, 0, `${missing.length} messages are missing, such as ${missing[0]}`)
    })
    await this.silence()
    const handled = this.features.exactlyOnce ? journal.finished : [...new Set(journal.finished)]
    assert.deepEqual([...handled].sort(), expected)
  }

  /** Ends everything that the law has left. */
  async clear(): Promise<void> {
    for (const gate of this.#gates) gate.open()
    await Promise.all([...this.#restores].map((restore) => restore()))
    await Promise.all(this.#kernels.map((kernel) => kernel.stop()))
    const closing = Promise.all(this.#crashed.map((bus) => bus.close()))
    await this.settled(closing, 'the close of a bus without a connection')
    await this.world.close()
  }
}
