// Room only for messages that could start, for brokers that count what is fetched.
import { type Kernel, Service } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../until.ts'
import { deferred } from '../fake-adapter.ts'
import { quiet, started } from '../started.ts'
import { busOf, FakeBroker } from './fake-broker.ts'

quiet()
const test = suite('reading ahead')

type Given = { readonly data: unknown }

/** A handler of `t` with these options, on a broker that lets so many wait. */
async function taking(options: object, handle: (given: Given) => unknown, readAhead: number) {
  const fake = new FakeBroker({ readAhead })
  const kernel: Kernel = await started(new Service().on(busOf(fake).topic('t', options), handle as never))
  return { fake, kernel, receiver: fake.consumer().receiver }
}

const keyOf = ({ data }: Given) => String(data).slice(0, 1)

for (const [title, options, data, rooms] of [
  ['keys', { concurrency: 3, orderBy: keyOf }, ['a1', 'b1', 'a2', 'a3', 'c1'], [3, 2, 1, 1, 0, 0]],
  ['batches', { concurrency: 2, batch: { size: 2, wait: 600_000 } }, [1, 2, 3, 4], [4, 3, 2, 1, 0]],
] as const)
  test(`where reading ahead is limited, there is room only for ${title} that could start`, async () => {
    const handling = deferred()
    const { fake, kernel, receiver } = await taking(options, () => handling.promise, 2)
    const seen = data.map((each) => {
      const { room } = receiver
      fake.hand(each)
      return room
    })
    assert.equal([...seen, receiver.room], rooms)
    handling.resolve()
    await until(() => fake.settled.length === data.length)
    assert.is(receiver.room, rooms[0])
    await kernel.stop()
  })

test('messages of a single handler without order or batches never wait, so all of them are read ahead', async () => {
  const handling = deferred()
  const { fake, kernel, receiver } = await taking({ concurrency: 5 }, () => handling.promise, 1)
  const seen = [1, 2, 3].map((each) => {
    fake.hand(each)
    return receiver.room
  })
  assert.equal(seen, [4, 3, 2])
  handling.resolve()
  await kernel.stop()
})

test('a queue of several handlers has room only for what could start', async () => {
  const handling = deferred()
  const fake = new FakeBroker({ readAhead: 1 })
  const bus = busOf(fake)
  const options = { queue: 'shared', concurrency: 1 }
  const handle = () => handling.promise
  const kernel = await started(
    new Service().on(bus.topic('a', options), handle).on(bus.topic('b', options), handle),
  )
  const consumer = fake.consumer('shared')
  const { receiver } = consumer
  assert.is(receiver.room, 2)
  fake.hand(1, {}, consumer)
  assert.is(receiver.room, 1)
  fake.hand(2, {}, consumer)
  assert.is(receiver.room, 0)
  handling.resolve()
  await kernel.stop()
})

test('a batch that is not full keeps others from being read ahead while it runs', async () => {
  const handling = deferred()
  let isRunning = false
  const options = { concurrency: 1, batch: { size: 10, wait: 1 } }
  const handle = () => {
    isRunning = true
    return handling.promise
  }
  const { fake, kernel, receiver } = await taking(options, handle, 5)
  assert.is(receiver.room, 10)
  fake.hand(1)
  assert.is(receiver.room, 9)
  await until(() => isRunning)
  assert.is(receiver.room, 0)
  handling.resolve()
  await kernel.stop()
})

test.run()
