// How a bus of a stranger's broker starts, and what is left of a start that fails or is stopped.
import { Kernel, Service } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../until.ts'
import { deferred, turn } from '../fake-adapter.ts'
import { failureOf, quiet, started } from '../started.ts'
import { busOf, busStarted, FakeBroker } from './fake-broker.ts'

quiet()
const test = suite('start of a message bus')

const refuse = (text: string) => Promise.reject(new Error(text))

function kernelOf(bus: ReturnType<typeof busOf>, ...topics: string[]): Kernel {
  const service = new Service()
  for (const topic of topics) service.on(bus.topic(topic), () => {})
  return new Kernel([service], { ownsProcess: false })
}

for (const step of ['connect', 'consume'] as const) {
  test(`a hopeless ${step} fails the start at once, and leaves nothing open`, async () => {
    const fake = new FakeBroker({ [step]: () => refuse('wrong password'), isHopeless: () => true })
    const bus = busOf(fake, { startTimeout: 60_000 })
    assert.match((await failureOf(kernelOf(bus, 't').start())).message, 'wrong password')
    assert.equal(fake.journal, step === 'connect' ? [] : ['connect 1', 'close link 1'])
    assert.not(bus.ready)
  })

  test(`a ${step} that fails is tried again until startTimeout`, async () => {
    const fake = new FakeBroker({ [step]: () => refuse('away') })
    const bus = busOf(fake, { startTimeout: 400 })
    assert.match((await failureOf(kernelOf(bus, 't').start())).message, 'away')
    assert.ok(fake.sessions.length >= 2, `${fake.sessions.length} attempts`)
    const steps = fake.journal.map((text) => text.split(' ')[0])
    assert.is(
      steps.filter((text) => text === 'connect').length,
      steps.filter((text) => text === 'close').length,
    )
  })

  test(`a ${step} that works the second time is a start`, async () => {
    const fake = new FakeBroker({ [step]: (...given: unknown[]) => given.includes(1) && refuse('away') })
    const bus = busOf(fake)
    const kernel = await kernelOf(bus, 't').start()
    assert.ok(bus.ready)
    await kernel.stop()
  })
}

test('the start ends when every queue is consumed', async () => {
  const consuming = deferred()
  const fake = new FakeBroker({ consume: (queue) => queue === 'b' && consuming.promise })
  const bus = busOf(fake)
  const starting = kernelOf(bus, 'a', 'b').start()
  await until(() => fake.journal.length === 2)
  assert.not(bus.ready)
  consuming.resolve()
  const kernel = await starting
  assert.ok(bus.ready)
  assert.equal(fake.journal, ['connect 1', 'consume a over 1', 'consume b over 1'])
  await kernel.stop()
})

for (const step of ['connect', 'consume'] as const) {
  test(`a stop during ${step} ends the start, and closes what comes late`, async () => {
    const going = deferred()
    const fake = new FakeBroker({ [step]: () => going.promise })
    const kernel = kernelOf(busOf(fake, { startTimeout: 60_000 }), 't')
    const starting = failureOf(kernel.start())
    await until(() => (step === 'connect' ? fake.sessions.length > 0 : fake.attempts.size > 0))
    const stopped = kernel.stop()
    await until(() => fake.session.signal.aborted)
    if (step === 'consume') await stopped
    going.resolve()
    await starting
    await stopped
    await turn()
    const late = step === 'connect' ? [] : ['consume t over 1', 'stop t over 1']
    assert.equal(fake.journal, ['connect 1', 'close link 1', ...late])
  })
}

test('a stop ends the wait before another attempt', async () => {
  const fake = new FakeBroker({ connect: () => refuse('away') })
  const kernel = kernelOf(busOf(fake, { startTimeout: 60_000 }), 't')
  const starting = failureOf(kernel.start())
  await until(() => fake.sessions.length > 0)
  await turn()
  await kernel.stop()
  await starting
})

test('a link that is lost while its queues are consumed is why the attempt has failed', async () => {
  const fake = new FakeBroker({
    consume: async (_, attempt) => {
      if (attempt > 1) return
      fake.link.lose(new Error('the line was cut'))
      await turn()
    },
    isHopeless: (error) => (error as Error).message === 'the line was cut',
  })
  const bus = busOf(fake, { startTimeout: 60_000 })
  assert.match((await failureOf(kernelOf(bus, 't').start())).message, 'the line was cut')
})

for (const turns of [0, 1, 2, 3, 4, 5, 6, 8, 10]) {
  test(`a link that is lost ${turns} steps after its queue is consumed is made again`, async () => {
    const fake = new FakeBroker({
      consume: (_, attempt) => {
        if (attempt > 1) return
        const { link } = fake
        const later = async () => {
          for (let step = 0; step < turns; step++) await undefined
          link.lose()
        }
        void later()
      },
    })
    const bus = busOf(fake)
    const kernel = await kernelOf(bus, 't').start()
    await until(() => bus.ready === true && fake.links.length === 2)
    await kernel.stop()
    assert.is(fake.journal.filter((step) => step.startsWith('close link')).length, 2)
  })
}

test('a start that ends late, and its close, do not touch the next run', async () => {
  const late = deferred()
  const fake = new FakeBroker({ connect: (attempt) => attempt === 1 && late.promise })
  const bus = busOf(fake)
  const given = {
    actors: [],
    deliver: () => {},
    bus: { emit() {}, watched: () => false },
    sender: () => ({ name: 'x', uuid: 'y' }),
  }
  const stop = new AbortController()
  const first = failureOf(bus.start({ ...given, signal: stop.signal } as never))
  await turn()
  stop.abort(new Error('stopped'))
  const firstClosed = bus.close()
  await bus.start({ ...given, signal: new AbortController().signal } as never)
  assert.ok(bus.ready)
  late.resolve()
  await Promise.all([first, firstClosed])
  assert.ok(bus.ready)
  await bus.publish('t', 1)
  assert.equal(fake.journal, ['connect 2', 'connect 1', 'close link 1'])
  await bus.close()
  assert.is((await failureOf(bus.publish('t', 1))).code, 'ADAPTER_NOT_STARTED')
})

test('a close waits until the link is closed that was lost before', async () => {
  const closing = deferred()
  const { fake, kernel } = await busStarted({
    connect: (attempt) => attempt > 1 && refuse('away'),
    closeLink: () => closing.promise,
  })
  fake.link.lose()
  let isOver = false
  const stopped = kernel.stop().then(() => {
    isOver = true
  })
  for (let turns = 0; turns < 50; turns++) await turn()
  assert.not(isOver)
  closing.resolve()
  await stopped
})

test('what fails while it is closed does not keep the rest open', async () => {
  const { fake, kernel } = await busStarted({
    closeConsumer: () => refuse('the consumer'),
    closeLink: () => refuse('the link'),
  })
  await kernel.stop()
  assert.equal(fake.journal.slice(2), ['stop t over 1'])
})

test('consumers are stopped at a stop, and closed before their link', async () => {
  const fake = new FakeBroker()
  const bus = busOf(fake)
  const kernel = await started(new Service().on(bus.topic('a'), () => {}).on(bus.topic('b'), () => {}))
  await kernel.stop()
  assert.equal(fake.journal.slice(3), [
    'stop a over 1',
    'stop b over 1',
    'close a over 1',
    'close b over 1',
    'close link 1',
  ])
})

test('a pattern whose wildcard is part of a word is refused on every broker', () => {
  const bus = busOf(new FakeBroker())
  for (const pattern of ['', 'order.cre*ted', 'order.##'])
    assert.throws(
      () => bus.topic(pattern),
      (error: { code: string }) => error.code === 'PATTERN_INVALID',
    )
})

for (const way of [
  ['a', 'a'],
  ['b', 'c', 'b'],
  ['c', 'd', 'e', 'c'],
]) {
  test(`dead letters that go round through ${way.join(', ')} are refused, with the way`, async () => {
    const fake = new FakeBroker()
    const bus = busOf(fake)
    const service = new Service().on(bus.topic('f', { deadLetter: way[0] as string }), () => {})
    for (const [place, topic] of way.slice(1).entries())
      service.on(bus.topic(topic, { deadLetter: way[place] as string }), () => {})
    const error = await failureOf(new Kernel([service], { ownsProcess: false }).start())
    assert.is(error.code, 'DEAD_LETTER_LOOP')
    for (const queue of new Set(way)) assert.match(error.message, `"${queue}"`)
    assert.not.match(error.message, '"f"')
    assert.equal(fake.journal, [])
  })
}

test('a handler of dead letters is not a loop', async () => {
  const fake = new FakeBroker()
  const bus = busOf(fake)
  const service = new Service().on(bus.topic('a'), () => {}).on(bus.topic('a.dead'), () => {})
  const kernel = await started(service)
  await kernel.stop()
})

test.run()
