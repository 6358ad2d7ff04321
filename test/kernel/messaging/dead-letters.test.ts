// Dead letters of a stranger's broker: list, peek, redrive, discard.
import { Service } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { failureOf, quiet, started } from '../started.ts'
import { busOf, busStarted, FakeBroker } from './fake-broker.ts'

quiet()
const test = suite('dead letters of a message bus')

function fill(fake: FakeBroker, queue: string, count: number, more: (place: number) => object = () => ({})) {
  for (let place = 1; place <= count; place++) {
    const headers = { own: place, 'x-dead-letter-queue': 't', 'x-dead-letter-reason': `reason ${place}` }
    fake.queue(queue).push({ place, id: `${place}`, payload: `${place}`, headers, ...more(place) })
  }
}

const placesIn = (fake: FakeBroker, queue: string) => fake.queue(queue).map(({ place }) => place)

test('they are listed with the queues whose messages they hold, and how many', async () => {
  const fake = new FakeBroker()
  const bus = busOf(fake)
  const kernel = await started(
    new Service()
      .on(bus.topic('a', { deadLetter: 'both' }), () => {})
      .on(bus.topic('b', { deadLetter: 'both' }), () => {})
      .on(bus.topic('c'), () => {}),
  )
  fill(fake, 'both', 2)
  const actors = fake.link.consumers.flatMap(({ queue }) => queue.actors)
  assert.equal(await bus.deadLetterQueues.list(actors), [
    { name: 'both', origins: ['a', 'b'], count: 2 },
    { name: 'c.dead', origins: ['c'], count: 0 },
  ])
  assert.is(await bus.deadLetterQueues.discard('a', { limit: 1 }), 1)
  await kernel.stop()
})

test('peek shows the first and leaves all where they are, in order', async () => {
  const { fake, bus, kernel } = await busStarted()
  fill(fake, 't.dead', 30)
  const seen = await bus.deadLetterQueues.peek('t')
  assert.is(seen.length, 10)
  const { id, queue, reason, headers, payload } = seen[1] ?? {}
  assert.equal(
    { id, queue, reason, headers, payload },
    { id: '2', queue: 't', reason: 'reason 2', headers: { own: 2 }, payload: '2' },
  )
  assert.is((await bus.deadLetterQueues.peek('t.dead', { limit: 25 })).length, 25)
  assert.equal(
    placesIn(fake, 't.dead'),
    Array.from({ length: 30 }, (_, place) => place + 1),
  )
  assert.equal(await bus.deadLetterQueues.peek('nowhere'), [])
  await kernel.stop()
})

test('redrive puts all back without what said why they were there', async () => {
  const { fake, bus, kernel } = await busStarted()
  fill(fake, 't.dead', 250)
  const progress: number[] = []
  assert.is(await bus.deadLetterQueues.redrive('t', { progress: (done) => void progress.push(done) }), 250)
  assert.equal(progress, [100, 200, 250])
  assert.equal(placesIn(fake, 't.dead'), [])
  assert.is(fake.queue('t').length, 250)
  assert.equal(fake.queue('t')[0]?.headers, { own: 1 })
  await kernel.stop()
})

test('limit and signal end the work, and the rest stays', async () => {
  const { fake, bus, kernel } = await busStarted()
  fill(fake, 't.dead', 250)
  assert.is(await bus.deadLetterQueues.redrive('t', { limit: 3 }), 3)
  const stop = new AbortController()
  const done = await bus.deadLetterQueues.discard('t', { signal: stop.signal, progress: () => stop.abort() })
  assert.is(done, 100)
  assert.is(await bus.deadLetterQueues.discard('t', { signal: stop.signal }), 0)
  assert.is(fake.queue('t.dead').length, 147)
  assert.is(fake.queue('t').length, 3)
  await kernel.stop()
})

test('one that cannot be put back stays, and so do those that were not tried', async () => {
  const { fake, bus, kernel } = await busStarted({
    putBack: ({ place }) => place === 2 && Promise.reject(new Error('refused')),
  })
  fill(fake, 't.dead', 150)
  assert.is((await failureOf(bus.deadLetterQueues.redrive('t'))).message, 'refused')
  assert.is(fake.queue('t').length, 99)
  assert.is(fake.queue('t.dead').length, 51)
  assert.is(placesIn(fake, 't.dead')[0], 2)
  await kernel.stop()
})

test('one that does not say where it came from goes where the caller says, else it stays', async () => {
  const { fake, bus, kernel } = await busStarted()
  fill(fake, 't.dead', 1, () => ({ headers: {} }))
  assert.is((await failureOf(bus.deadLetterQueues.redrive('t'))).code, 'DEAD_LETTER_ORIGIN')
  assert.is(await bus.deadLetterQueues.redrive('t', { to: 'elsewhere' }), 1)
  fill(fake, 't.dead', 1, () => ({ headers: {}, queue: 'known' }))
  assert.is(await bus.deadLetterQueues.redrive('t', { to: 'elsewhere' }), 1)
  assert.equal([placesIn(fake, 'elsewhere'), placesIn(fake, 'known')], [[1], [1]])
  await kernel.stop()
})

test('a copy that was put back and set aside again meanwhile is left where it is', async () => {
  const fake: FakeBroker = new FakeBroker({
    putBack(item) {
      const copy = `copy ${item.place}`
      fake.queue('t.dead').push({ ...item, place: item.place + 10, copies: ['another', copy] })
      return copy
    },
  })
  const bus = busOf(fake)
  const kernel = await started(new Service().on(bus.topic('t'), () => {}))
  fake.link.countsRoughly = true
  fill(fake, 't.dead', 3)
  const progress: number[] = []
  assert.is(await bus.deadLetterQueues.redrive('t', { progress: (done) => void progress.push(done) }), 3)
  assert.equal(progress, [3])
  assert.equal(placesIn(fake, 't.dead'), [11, 12, 13])
  assert.is(fake.queue('t').length, 3)
  // Whoever looks another time finds them.
  assert.is(await bus.deadLetterQueues.redrive('t', { limit: 1 }), 1)
  await kernel.stop()
})

for (const countsRoughly of [false, true]) {
  test(`nothing is put back into the queue that it is taken from${countsRoughly ? ', where counts are rough' : ''}`, async () => {
    const { fake, bus, kernel } = await busStarted()
    fake.link.countsRoughly = countsRoughly
    fill(fake, 't.dead', 2, () => ({ headers: {} }))
    const failure = await failureOf(bus.deadLetterQueues.redrive('t', { to: 't.dead' }))
    assert.is(failure.code, 'DEAD_LETTER_ORIGIN')
    assert.equal(placesIn(fake, 't.dead'), [1, 2])
    await kernel.stop()
  })
}

test('before the start and without a connection there is no work on them', async () => {
  const idle = busOf(new FakeBroker())
  assert.is((await failureOf(idle.deadLetterQueues.peek('t'))).code, 'ADAPTER_NOT_STARTED')
  const { fake, bus, kernel } = await busStarted({
    connect: (attempt) => attempt > 1 && Promise.reject(new Error('away')),
  })
  fake.link.lose()
  assert.is((await failureOf(bus.deadLetterQueues.peek('t'))).code, 'BROKER_UNREACHABLE')
  await kernel.stop()
})

test.run()
