// What can be done with dead letters, the same on every bus.
import { DeadLetter, type DeadLetterQueues, Kernel, type MessageBus, Service } from 'tomodachi'
import * as assert from 'uvu/assert'

/** A bus for each test, and the names of its queues. */
export interface Place {
  readonly bus: MessageBus
  /** A name that no other test has. */
  readonly topic: string
  /** The dead-letter queue of a queue, as this bus names it. */
  dead(queue: string): string
  close(): Promise<void>
}

interface Seen {
  readonly data: unknown
  readonly attempt: number
  readonly headers: Readonly<Record<string, unknown>>
}

/** A service that sets every message aside until it is mended. */
class Scene {
  readonly place: Place
  readonly handled: Seen[] = []
  failures = 0
  isMended = false
  kernel: Kernel | undefined

  constructor(place: Place) {
    this.place = place
  }

  get queues(): DeadLetterQueues {
    return this.place.bus.deadLetterQueues
  }

  get dead(): string {
    return this.place.dead(this.place.topic)
  }

  async start(): Promise<void> {
    const { bus, topic } = this.place
    const service = new Service({ name: 'orders' }).on(
      bus.topic(topic, { queue: topic, retry: { attempts: 2, backoff: { first: 10 } } }),
      ({ data, attempt, envelope }) => {
        if (this.isMended) return void this.handled.push({ data, attempt, headers: envelope.headers })
        this.failures++
        if ((data as { n: number }).n < 0) throw new DeadLetter('it is negative')
        throw new RangeError('not yet')
      },
    )
    this.kernel = await new Kernel([service], { ownsProcess: false }).start()
  }

  async publish(...numbers: readonly number[]): Promise<void> {
    const { bus, topic } = this.place
    for (const n of numbers) await bus.publish(topic, { n }, { headers: { trace: `t${n}` } })
    await this.eventually(async () => assert.is(await this.count(), numbers.length))
  }

  async count(): Promise<number> {
    const [queue] = await this.queues.list(this.kernel?.actors() ?? [])
    return queue?.count ?? 0
  }

  async eventually(check: () => void | Promise<void>): Promise<void> {
    const deadline = Date.now() + 15_000
    for (;;) {
      try {
        return await check()
      } catch (error) {
        if (Date.now() > deadline) throw error
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
  }

  async end(): Promise<void> {
    await this.kernel?.stop()
    await this.place.close()
  }
}

async function within(place: Place, body: (scene: Scene) => Promise<void>): Promise<void> {
  const scene = new Scene(place)
  await scene.start()
  try {
    await body(scene)
  } finally {
    await scene.end()
  }
}

export const laws: Readonly<Record<string, (place: Place) => Promise<void>>> = {
  'a queue that does not exist yet is empty': (place) =>
    within(place, async ({ queues, kernel, dead }) => {
      const { topic } = place
      assert.equal(await queues.list(kernel?.actors() ?? []), [{ name: dead, origins: [topic], count: 0 }])
      assert.equal(await queues.peek(dead), [])
      assert.is(await queues.redrive(dead), 0)
      assert.is(await queues.discard(dead), 0)
    }),

  'messages say why they are there, and stay': (place) =>
    within(place, async (scene) => {
      const { queues, dead } = scene
      const begun = Date.now()
      await scene.publish(-1)
      const [message] = await queues.peek(dead)
      assert.ok(message)
      assert.is(message.reason, 'it is negative')
      assert.is(message.error, 'DeadLetter')
      assert.is(message.attempts, 1)
      assert.is(message.topic, place.topic)
      assert.is(message.queue, place.topic)
      assert.ok(Math.abs((message.time?.getTime() ?? 0) - begun) < 30_000, String(message.time))
      assert.equal(message.headers, { ...message.headers, trace: 't-1' })
      assert.not.match(Object.keys(message.headers).join(), /x-(dead|tomodachi)/)
      assert.match(String(message.payload), /"n": ?-1/)
      await scene.eventually(async () => assert.is(await scene.count(), 1))
    }),

  'a dead-letter queue may be named by the queue whose messages it holds': (place) =>
    within(place, async (scene) => {
      const { queues, handled } = scene
      await scene.publish(-1, -2, -3)
      assert.is((await queues.peek(place.topic)).length, 3)
      await scene.eventually(async () => assert.is(await queues.discard(place.topic, { limit: 1 }), 1))
      scene.isMended = true
      await scene.eventually(async () => assert.is(await queues.redrive(place.topic), 2))
      await scene.eventually(() => assert.is(handled.length, 2))
      assert.equal(await queues.peek(place.topic), [])
    }),

  'looking at a few leaves the others alone': (place) =>
    within(place, async (scene) => {
      await scene.publish(-1, -2, -3)
      assert.is((await scene.queues.peek(scene.dead, { limit: 2 })).length, 2)
      await scene.eventually(async () => assert.is(await scene.count(), 3))
    }),

  'redriven messages are handled as on their first attempt': (place) =>
    within(place, async (scene) => {
      const { queues, dead, handled } = scene
      await scene.publish(-1, 2)
      scene.isMended = true
      const told: number[] = []
      assert.is(await queues.redrive(dead, { progress: (done) => told.push(done) }), 2)
      assert.is(told.at(-1), 2)
      await scene.eventually(() => assert.is(handled.length, 2))
      assert.equal(
        handled.map(({ attempt }) => attempt),
        [1, 1],
      )
      assert.equal(new Set(handled.map(({ data }) => (data as { n: number }).n)), new Set([-1, 2]))
      for (const { headers, data } of handled) {
        assert.is(headers.trace, `t${(data as { n: number }).n}`)
        assert.not.match(Object.keys(headers).join(), /x-(dead|tomodachi)/)
      }
      assert.is(await scene.count(), 0)
    }),

  'what fails again meanwhile is not redriven twice, and has all its attempts': (place) =>
    within(place, async (scene) => {
      await scene.publish(1, 2)
      assert.is(scene.failures, 4)
      assert.is(await scene.queues.redrive(scene.dead), 2)
      await scene.eventually(async () => assert.is(await scene.count(), 2))
      assert.is(scene.failures, 8)
    }),

  'a limit leaves the rest': (place) =>
    within(place, async (scene) => {
      await scene.publish(-1, -2, -3)
      scene.isMended = true
      assert.is(await scene.queues.redrive(scene.dead, { limit: 1 }), 1)
      assert.is(await scene.queues.discard(scene.dead, { limit: 1 }), 1)
      await scene.eventually(async () => assert.is(await scene.count(), 1))
      await scene.eventually(() => assert.is(scene.handled.length, 1))
    }),

  'discarded messages are gone': (place) =>
    within(place, async (scene) => {
      await scene.publish(-1, -2)
      scene.isMended = true
      assert.is(await scene.queues.discard(scene.dead), 2)
      assert.is(await scene.count(), 0)
      assert.equal(scene.handled, [])
    }),

  'work that is ended leaves the rest': (place) =>
    within(place, async (scene) => {
      await scene.publish(-1)
      assert.is(await scene.queues.discard(scene.dead, { signal: AbortSignal.abort() }), 0)
      assert.is(await scene.count(), 1)
    }),

  'nothing can be done before the start': async ({ bus, close }) => {
    for (const call of [
      () => bus.deadLetterQueues.list([]),
      () => bus.deadLetterQueues.peek('q'),
      () => bus.deadLetterQueues.redrive('q'),
      () => bus.deadLetterQueues.discard('q'),
    ]) {
      try {
        await call()
        assert.unreachable()
      } catch (error) {
        assert.is((error as { code?: string }).code, 'ADAPTER_NOT_STARTED')
      }
    }
    await close()
  },
}
