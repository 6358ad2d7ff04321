// Consumers that come off, links that are lost, and what becomes of messages meanwhile.
import { Service } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../until.ts'
import { deferred, turn } from '../fake-adapter.ts'
import { logged, quiet, started } from '../started.ts'
import { busOf, busStarted, FakeBroker } from './fake-broker.ts'

quiet()
const test = suite('supervision of consumers')

test('a consumer that comes off recovers alone, and the bus is not ready meanwhile', async () => {
  let isBroken = false
  const fake = new FakeBroker({
    consume: (queue) => queue === 'a' && isBroken && Promise.reject(new Error('no')),
  })
  const bus = busOf(fake)
  const handled: unknown[] = []
  const kernel = await started(
    new Service().on(bus.topic('a'), () => {}).on(bus.topic('b'), ({ data }) => void handled.push(data)),
  )
  isBroken = true
  const before = fake.consumer('a')
  before.receiver.off(new Error('deleted'))
  assert.not(bus.ready)
  fake.hand('meanwhile', {}, fake.consumer('b'))
  assert.equal(handled, ['meanwhile'])
  await until(() => fake.attempts.get('a') === 4)
  assert.not(bus.ready)
  isBroken = false
  await until(() => bus.ready === true)
  assert.is(fake.links.length, 1)
  assert.is(fake.attempts.get('b'), 2)
  await kernel.stop()
})

test('it is told of each attempt to consume that fails, with its queue', async () => {
  const { fake, bus, kernel } = await busStarted({
    consume: (_, attempt) => attempt === 2 && Promise.reject(new Error('no such queue')),
  })
  const records = logged('warning')
  fake.consumer().receiver.off(new Error('deleted'))
  await until(() => bus.ready === true)
  quiet()
  assert.equal(
    records.map(({ message, fields }) => [message, fields.queue, (fields.error as Error).message]),
    [
      ['a consumer has come off, will be attached', 't', 'deleted'],
      ['a queue cannot be consumed, will be tried again', 't', 'no such queue'],
    ],
  )
  await kernel.stop()
})

test('a consumer that comes off while it is being consumed is consumed once', async () => {
  const going = deferred()
  const { fake, bus, kernel } = await busStarted({ consume: (_, attempt) => attempt === 2 && going.promise })
  fake.consumer().receiver.off(new Error('first'))
  await until(() => fake.attempts.get('t') === 3)
  fake.consumer().receiver.off(new Error('second'))
  await until(() => bus.ready === true)
  going.resolve()
  await turn()
  assert.equal(fake.journal.slice(2), [
    'stop t over 1',
    'consume t over 1',
    'consume t over 1',
    'stop t over 1',
  ])
  await kernel.stop()
})

test('what an old consumer says does not end the new one', async () => {
  const { fake, bus, kernel } = await busStarted()
  const old = fake.consumer()
  fake.link.lose()
  await until(() => fake.links.length === 2 && bus.ready === true)
  old.receiver.off(new Error('late'))
  assert.ok(bus.ready)
  assert.is(old.receiver.room, 0)
  fake.hand('late', {}, old)
  await turn()
  assert.equal(fake.settled, [])
  await kernel.stop()
})

test('a lost link aborts the handlers of messages without leases, and settles nothing', async () => {
  const given: AbortSignal[] = []
  const handling = deferred()
  const { fake, bus, kernel } = await busStarted({}, {}, ({ signal }) => {
    given.push(signal)
    return handling.promise
  })
  fake.hand(1)
  fake.hand(2)
  fake.link.lose(new Error('cut'))
  assert.equal(
    given.map(({ aborted }) => aborted),
    [true, true],
  )
  handling.resolve()
  await until(() => bus.ready === true)
  await turn()
  assert.equal(fake.settled, [])
  assert.is(fake.consumer().receiver.room, fake.consumer().receiver.prefetch)
  await kernel.stop()
})

test('one that is being settled when its link is lost is not settled by the next', async () => {
  const records = logged('error')
  for (const step of ['retry', 'reply'] as const) {
    const going = deferred()
    const { fake, bus, kernel } = await busStarted(
      { settle: (at) => at === step && going.promise },
      {},
      () => {
        if (step === 'retry') throw new Error('it fails')
      },
    )
    fake.hand(1, { wantsReply: step === 'reply' })
    await until(() => fake.settled.length === 1)
    fake.link.lose()
    await until(() => fake.links.length === 2 && bus.ready === true)
    if (step === 'retry') going.reject(new Error('the channel is gone'))
    else going.resolve()
    await turn()
    await kernel.stop()
    assert.is(fake.settled.length, 1, fake.settled.join())
  }
  quiet()
  assert.equal(records, [])
})

test('one that is held back when its link is lost is not given back by the next', async () => {
  const { fake, bus, kernel } = await busStarted(
    { settle: (step) => step === 'retry' && Promise.reject(new Error('no')) },
    {},
    () => {
      throw new Error('it fails')
    },
  )
  fake.hand(1)
  await turn()
  fake.link.lose()
  await until(() => fake.links.length === 2 && bus.ready === true)
  await kernel.stop()
  assert.is(fake.settled.length, 1, fake.settled.join())
})

test('a message that comes before its consumer is known is settled by it', async () => {
  const going = deferred()
  const { fake, bus, kernel } = await busStarted({ consume: (_, attempt) => attempt === 2 && going.promise })
  fake.consumer().receiver.off(new Error('off'))
  await until(() => fake.attempts.get('t') === 3)
  fake.hand(1)
  await turn()
  assert.equal(fake.settled, [])
  going.resolve()
  await until(() => fake.settled.length === 1)
  assert.equal(fake.settled, ['ack 1'])
  assert.ok(bus.ready)
  await kernel.stop()
})

test('one that came before an attempt to consume has failed is settled by nobody', async () => {
  const going = deferred()
  const { fake, bus, kernel } = await busStarted({ consume: (_, attempt) => attempt === 2 && going.promise })
  fake.consumer().receiver.off(new Error('off'))
  await until(() => fake.attempts.get('t') === 3)
  fake.hand(1)
  going.reject(new Error('no'))
  await until(() => bus.ready === true)
  await turn()
  assert.equal(fake.settled, [])
  await kernel.stop()
})

test.run()
