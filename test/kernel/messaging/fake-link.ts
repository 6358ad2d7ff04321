// The links and consumers of the fake broker.
import {
  type ConsumedQueue,
  type Consumer,
  type Link,
  type Receiver,
  type Sending,
  withoutDeadLetterHeaders,
} from 'tomodachi/adapter-kit'
import type { Behaviour, FakeBroker, FakeItem, FakeMessage, Step } from './fake-broker.ts'

/** One life of the connection. */
export class FakeLink implements Link<ConsumedQueue, number, FakeMessage> {
  readonly consumers: FakeConsumer[] = []
  readonly number: number
  readonly #fake: FakeBroker
  countsRoughly = false

  constructor(fake: FakeBroker, number: number) {
    this.#fake = fake
    this.number = number
  }

  async consume(queue: ConsumedQueue, receiver: Receiver<number>): Promise<Consumer<number>> {
    const consumer = new FakeConsumer(this.#fake, this, queue, receiver)
    this.consumers.push(consumer)
    const attempt = this.#fake.attempts.get(queue.name) ?? 1
    this.#fake.attempts.set(queue.name, attempt + 1)
    await this.#fake.does.consume(queue.name, attempt)
    this.#fake.note(`consume ${queue.name} over ${this.number}`)
    return consumer
  }

  send(target: string, messages: readonly Sending<FakeMessage>[]): void | Promise<void> {
    this.#fake.calls.push(messages)
    return this.#fake.does.send(messages, target)
  }

  async count(queue: string): Promise<number> {
    return this.#fake.queue(queue).length
  }

  async open(queue: string) {
    const items = this.#fake.queues.get(queue)
    if (!items) return undefined
    const taken: FakeItem[] = []
    return {
      take: async (most: number) => {
        const some = items.splice(0, most)
        taken.push(...some)
        return some
      },
      putBack: async (item: FakeItem, to: string) => {
        const copy = await this.#fake.does.putBack(item, to)
        this.#fake.queue(to).push({ ...item, headers: withoutDeadLetterHeaders(item.headers) })
        return copy
      },
      ack: (item: FakeItem) => {
        taken.splice(taken.indexOf(item), 1)
      },
      close: async () => {
        items.push(...taken)
        items.sort((one, other) => one.place - other.place)
      },
    }
  }

  /** The connection is gone. */
  lose(error: unknown = new Error('cut')): void {
    this.#fake.session.lost(this, error)
  }

  async close(): Promise<void> {
    await this.#fake.does.closeLink()
    this.#fake.note(`close link ${this.number}`)
  }
}

export class FakeConsumer implements Consumer<number> {
  readonly queue: ConsumedQueue
  readonly receiver: Receiver<number>
  readonly link: FakeLink
  readonly lease?: number
  readonly longestLease?: number
  readonly look?: NonNullable<Behaviour['look']>
  readonly #fake: FakeBroker
  failure: { readonly error: unknown; readonly since: Date } | undefined

  constructor(fake: FakeBroker, link: FakeLink, queue: ConsumedQueue, receiver: Receiver<number>) {
    this.#fake = fake
    this.link = link
    this.queue = queue
    this.receiver = receiver
    const { lease, longestLease, look } = fake.does
    if (lease !== undefined) this.lease = lease
    if (longestLease !== undefined) this.longestLease = longestLease
    if (look) this.look = () => (fake.does.look as typeof look)()
  }

  ack = (handle: number) => this.#do('ack', handle)
  release = (handle: number) => this.#do('release', handle)
  retry = (handle: number, after: number, attempt: number) =>
    this.#do('retry', handle, `after ${after} as ${attempt}`)
  setAside = (handle: number, headers: Readonly<Record<string, unknown>>) =>
    this.#do('setAside', handle, `for ${headers['x-dead-letter-reason']}`)
  reply = async (handle: number, reply: object) =>
    this.#do('reply', handle, 'failure' in reply ? `failure ${reply.failure}` : 'with data')

  async renew(handle: number, milliseconds: number): Promise<boolean> {
    this.#fake.renewals.push(handle)
    return this.#fake.does.renew(handle, milliseconds)
  }

  more(): void {
    this.#fake.mores++
  }

  stop(): void | Promise<void> {
    this.#fake.note(`stop ${this.queue.name} over ${this.link.number}`)
    return this.#fake.does.stop()
  }

  async close(): Promise<void> {
    await this.#fake.does.closeConsumer()
    this.#fake.note(`close ${this.queue.name} over ${this.link.number}`)
  }

  #do(step: Step, handle: number, more = ''): void | Promise<void> {
    const over = this.link.number > 1 ? ` over ${this.link.number}` : ''
    this.#fake.settled.push(`${step} ${handle}${more && ` ${more}`}${over}`)
    return this.#fake.does.settle(step, handle) as void | Promise<void>
  }
}
