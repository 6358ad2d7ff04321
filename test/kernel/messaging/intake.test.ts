// How messages are taken over: room, batches, groups, and what a pause gives back.
import { AsyncLocalStorage } from 'node:async_hooks'
import { BatchFailure, DeadLetter, type Kernel, Retry, Service } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../until.ts'
import { deferred, turn } from '../fake-adapter.ts'
import { quiet, started } from '../started.ts'
import { type Behaviour, busOf, busStarted, FakeBroker } from './fake-broker.ts'

quiet()
const test = suite('intake of messages')

type Given = {
  readonly data: unknown
  readonly batch: readonly { readonly data: unknown }[]
  readonly signal: AbortSignal
}

/** Handlers of `t` with these options. */
async function taking(options: object, handle: (given: Given) => unknown, does: Partial<Behaviour> = {}) {
  const fake = new FakeBroker(does)
  const bus = busOf(fake)
  const kernel: Kernel = await started(new Service().on(bus.topic('t', options), handle as never))
  return {
    fake,
    bus,
    kernel,
    receiver: fake.consumer(String((options as { queue?: string }).queue ?? 't')).receiver,
  }
}

const dataOf = ({ batch }: Given) => batch.map(({ data }) => data)

for (const [options, expected] of [
  [{}, 100],
  [{ concurrency: 7 }, 7],
  [{ concurrency: 7, orderBy: () => 1 }, 100],
  [{ concurrency: 500, orderBy: () => 1 }, 500],
  [{ concurrency: 2, batch: { size: 10 } }, 20],
] as const) {
  test(`${JSON.stringify(options)}: at most ${expected} in hand`, async () => {
    const handling = deferred()
    const { fake, kernel, receiver } = await taking(options, () => handling.promise)
    assert.is(receiver.prefetch, expected)
    assert.is(receiver.room, expected)
    for (let left = expected; left > 0; left--) {
      assert.is(receiver.room, left)
      fake.hand(left)
    }
    assert.is(receiver.room, 0)
    handling.resolve()
    await until(() => fake.settled.length === expected)
    assert.is(receiver.room, expected)
    await kernel.stop()
  })
}

test('several actors of a queue: each handles its own, and their room adds up', async () => {
  const fake = new FakeBroker()
  const bus = busOf(fake)
  const handled: string[] = []
  const kernel = await started(
    new Service()
      .on(bus.topic('a', { queue: 'shared', concurrency: 2 }), ({ data }) => void handled.push(`a ${data}`))
      .on(bus.topic('b', { queue: 'shared', concurrency: 3 }), ({ data }) => void handled.push(`b ${data}`)),
  )
  const consumer = fake.consumer('shared')
  assert.is(consumer.receiver.room, 5)
  const [, second] = consumer.queue.actors
  fake.hand(1, { topic: 'b', actor: second as never }, consumer)
  fake.hand(2, { topic: 'a' }, consumer)
  await until(() => fake.settled.length === 2)
  assert.equal(handled, ['b 1', 'a 2'])
  await kernel.stop()
})

test('a pause gives back in order what has not started, and what is running can be acked', async () => {
  const handling = deferred()
  const { fake, kernel, receiver } = await taking(
    { concurrency: 1, orderBy: () => 1 },
    () => handling.promise,
  )
  for (const data of [1, 2, 3, 4]) fake.hand(data)
  const stopped = kernel.stop()
  await until(() => fake.settled.length === 3)
  assert.equal(fake.settled, ['release 2', 'release 3', 'release 4'])
  assert.is(receiver.room, 0)
  fake.hand(5)
  await until(() => fake.settled.length === 4)
  handling.resolve()
  await stopped
  assert.equal(fake.settled.slice(3), ['release 5', 'ack 1'])
})

test('a pause gives back the messages of batches that are gathered, checked, or have not started', async () => {
  const handling = deferred()
  const checking = deferred()
  const validate = async (value: unknown) => {
    if (value === 'late') await checking.promise
    return { value }
  }
  const schema = { '~standard': { version: 1, vendor: 'test', validate } } as never
  const fake = new FakeBroker()
  const bus = busOf(fake)
  const options = { concurrency: 1, batch: { size: 2, wait: 600_000 } }
  const kernel = await started(
    new Service().on(bus.topic({ name: 't', schema }, options), () => handling.promise as never),
  )
  for (const data of [1, 2, 3, 4, 5, 'late']) {
    fake.hand(data)
    await turn()
  }
  const stopped = kernel.stop()
  await until(() => fake.settled.length === 4)
  assert.equal([...fake.settled].sort(), ['release 3', 'release 4', 'release 5', 'release 6'])
  checking.resolve()
  handling.resolve()
  await stopped
  assert.equal(fake.settled.slice(4), ['ack 1', 'ack 2'])
})

test('a batch goes when it is full, or its first message has waited', async () => {
  const batches: unknown[] = []
  const { fake, kernel } = await taking(
    { batch: { size: 3, wait: 20 } },
    (given) => void batches.push(dataOf(given)),
  )
  for (const data of [1, 2, 3, 4]) fake.hand(data)
  assert.equal(batches, [[1, 2, 3]])
  await until(() => batches.length === 2)
  assert.equal(batches[1], [4])
  await until(() => fake.settled.length === 4)
  await kernel.stop()
})

test('each message of a batch is settled by its own failure', async () => {
  const { fake, kernel } = await taking({ batch: { size: 3 } }, () => {
    throw new BatchFailure([
      [0, new Retry({ after: 5 })],
      [2, new DeadLetter('odd')],
    ])
  })
  for (const data of [1, 2, 3]) fake.hand(data, { attempt: data })
  await until(() => fake.settled.length === 3)
  assert.equal([...fake.settled].sort(), ['ack 2', 'retry 1 after 5 as 2', 'setAside 3 for odd'])
  await kernel.stop()
})

test('a message that is lost before its batch is full leaves it', async () => {
  const batches: unknown[] = []
  const { fake, kernel } = await taking(
    { batch: { size: 2, wait: 600_000 } },
    (given) => void batches.push(dataOf(given)),
  )
  fake.hand(1).lose('gone')
  fake.hand(2)
  fake.hand(3)
  await until(() => fake.settled.length === 2)
  assert.equal(batches, [[2, 3]])
  assert.equal(fake.settled, ['ack 2', 'ack 3'])
  await kernel.stop()
})

test('a message of a running batch that is lost takes the batch away: the others are given back', async () => {
  const handling = deferred()
  const signals: AbortSignal[] = []
  const { fake, kernel, receiver } = await taking({ batch: { size: 3 } }, async ({ signal }) => {
    signals.push(signal)
    await handling.promise
  })
  fake.hand(1)
  const held = fake.hand(2)
  fake.hand(3)
  held.lose('the lease has ended')
  assert.ok(signals[0]?.aborted)
  await until(() => fake.settled.length === 2)
  assert.equal(fake.settled, ['release 1', 'release 3'])
  assert.is(receiver.room, receiver.prefetch)
  handling.resolve()
  await kernel.stop()
  assert.is(fake.settled.length, 2)
})

test('messages of a group that wait behind one that has failed go back behind it, others do not', async () => {
  const { fake, kernel } = await taking({ concurrency: 1 }, async ({ data }) => {
    await turn()
    if (data === 1) throw new Retry({ after: 5 })
  })
  for (const [data, group] of [
    [1, 'a'],
    [2, 'a'],
    [3, 'b'],
    [4, 'a'],
  ] as const)
    fake.hand(data, { group })
  await until(() => fake.settled.length === 4)
  assert.equal(fake.settled, ['retry 1 after 5 as 2', 'release 2', 'release 4', 'ack 3'])
  await kernel.stop()
})

test('messages of a group that is handled, or dropped, go on', async () => {
  const { fake, kernel } = await taking({ concurrency: 1, onError: 'drop' }, async ({ data }) => {
    await turn()
    if (data === 1) throw new Error('it fails')
  })
  for (const data of [1, 2]) fake.hand(data, { group: 'a' })
  await until(() => fake.settled.length === 2)
  assert.equal(fake.settled, ['ack 1', 'ack 2'])
  await kernel.stop()
})

test('handlers run in no async context but ours, whoever hands over and whoever ends before them', async () => {
  const storage = new AsyncLocalStorage<string>()
  const seen: (string | undefined)[] = []
  const { fake, kernel } = await storage.run('start', () =>
    taking({ concurrency: 1 }, async () => {
      seen.push(storage.getStore())
      storage.enterWith('handler')
      await turn()
    }),
  )
  storage.run('delivery', () => {
    fake.hand(1)
    fake.hand(2)
  })
  await until(() => fake.settled.length === 2)
  await kernel.stop()
  const batch = await storage.run('start', () =>
    taking({ batch: { size: 2, wait: 10 } }, () => void seen.push(storage.getStore())),
  )
  storage.run('delivery', () => batch.fake.hand(1))
  await until(() => batch.fake.settled.length === 1)
  await batch.kernel.stop()
  assert.equal(seen, [undefined, undefined, undefined])
})

test('after a pause nothing is asked for, whatever room there is', async () => {
  const handling = deferred()
  const { fake, kernel } = await busStarted({}, {}, () => handling.promise)
  fake.hand(1)
  const stopped = kernel.stop()
  await until(() => kernel.state.startsWith('draining'))
  handling.resolve()
  await stopped
  assert.is(fake.mores, 0)
})

test.run()
