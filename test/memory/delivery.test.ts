// The delivery rules on a clock that the tests move.
import { configureLogging, DeadLetter, Drop, Retry } from 'tomodachi'
import { deliveryRules } from 'tomodachi/adapter-kit'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { scene } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = suite('delivery rules of the memory bus')

function fail(): never {
  throw new Error('it fails')
}

test('retries are handed out after 1, 2, 4 and 8 seconds, then comes the dead letter', async () => {
  const { pass, bus, handled, kernel, times } = await scene({ retry: { backoff: { jitter: 0 } } }, fail)
  await bus.publish('t', 'x')
  await pass(14_999)
  assert.equal(times(), [0, 1_000, 3_000, 7_000])
  assert.equal(bus.deadLetters('q.dead'), [])
  await pass(1)
  assert.equal(times(), [0, 1_000, 3_000, 7_000, 15_000])
  assert.equal(
    handled.map(({ attempt }) => attempt),
    [1, 2, 3, 4, 5],
  )
  await pass(10 * 300_000)
  assert.is(handled.length, 5)
  assert.is(bus.deadLetters('q.dead').length, 1)
  await kernel.stop()
})

test('no wait is longer than the cap, which is 5 minutes', async () => {
  const capped = await scene({ retry: { backoff: { first: 100, factor: 10, cap: 500, jitter: 0 } } }, fail)
  await capped.bus.publish('t', 'x')
  await capped.pass(10_000)
  assert.equal(capped.times(), [0, 100, 600, 1_100, 1_600])
  await capped.kernel.stop()

  const standard = await scene({ retry: { attempts: 3, backoff: { first: 1e9, jitter: 0 } } }, fail)
  await standard.bus.publish('t', 'x')
  await standard.pass(1e9)
  assert.equal(standard.times(), [0, 300_000, 600_000])
  await standard.kernel.stop()
})

test('by default a random half is taken off each wait', async () => {
  const { pass, bus, times, kernel } = await scene({ retry: { attempts: 2 }, concurrency: 1_000 }, fail)
  for (let count = 0; count < 500; count++) await bus.publish('t', count)
  await pass(1_000)
  const waits = times().slice(500)
  assert.is(waits.length, 500)
  assert.ok(Math.min(...waits) >= 500 && Math.min(...waits) < 600, `${Math.min(...waits)}`)
  assert.ok(Math.max(...waits) <= 1_000 && Math.max(...waits) > 900, `${Math.max(...waits)}`)
  await kernel.stop()
})

test('backoff may be a function of the attempt', async () => {
  const retry = { attempts: 4, backoff: (attempt: number) => attempt * 10 }
  const { pass, bus, times, kernel } = await scene({ retry }, fail)
  await bus.publish('t', 'x')
  await pass(1_000)
  assert.equal(times(), [0, 10, 30, 60])
  await kernel.stop()
})

const backoffs: Readonly<Record<string, () => number>> = {
  'no number': () => Number.NaN,
  'a time before': () => -1,
  'an error': fail,
}

for (const [description, backoff] of Object.entries(backoffs)) {
  test(`where backoff gives ${description}, the default stands in`, async () => {
    const { pass, bus, times, kernel } = await scene({ retry: { attempts: 2, backoff } }, fail)
    await bus.publish('t', 'x')
    await pass(499)
    assert.equal(times(), [0])
    await pass(501)
    assert.is(times().length, 2)
    assert.is(bus.deadLetters('q.dead').length, 1)
    await kernel.stop()
  })
}

test('without a wait, thousands of attempts still come', async () => {
  const retry = { attempts: 3_000, backoff: { first: 0 } }
  const { pass, bus, handled, kernel } = await scene({ retry }, ({ attempt }) => attempt < 2_000 && fail())
  await bus.publish('t', 'x')
  for (let turns = 0; turns < 10_000 && bus.count('q') + handled.length < 2_000; turns++) await pass()
  assert.is(handled.at(-1)?.attempt, 2_000)
  const ruling = deliveryRules({ retry })(new Error('it fails'), 2_000)
  assert.is(ruling.state === 'released' && ruling.after, 0)
  await kernel.stop()
})

test('Retry is obeyed, also when no attempt is left', async () => {
  const { pass, bus, times, kernel } = await scene({ retry: { attempts: 1 } }, ({ attempt }) => {
    if (attempt < 4) throw new Retry({ after: attempt * 100 })
  })
  await bus.publish('t', 'x')
  await pass(10_000)
  assert.equal(times(), [0, 100, 300, 600])
  assert.equal([bus.count('q'), bus.count('q.dead')], [0, 0])
  await kernel.stop()
})

test('Retry without a time, or with none that makes sense, waits as the backoff says', async () => {
  const waits = [undefined, Number.NaN, -5, 0]
  const { pass, bus, times, kernel } = await scene({ retry: { backoff: { jitter: 0 } } }, ({ attempt }) => {
    const after = waits[attempt - 1]
    if (attempt <= waits.length) throw new Retry(after === undefined ? {} : { after })
  })
  await bus.publish('t', 'x')
  await pass(7_000)
  await pass(100_000)
  assert.equal(times(), [0, 1_000, 3_000, 7_000, 7_000])
  await kernel.stop()
})

test('Drop and onError: drop leave nothing behind, DeadLetter asks for no other try', async () => {
  const drop = () => {
    throw new Drop('not wanted')
  }
  const aside = () => {
    throw new DeadLetter('look at it')
  }
  const cases = [
    { options: {}, handle: drop, dead: 0 },
    { options: { onError: 'drop' }, handle: fail, dead: 0 },
    { options: {}, handle: aside, dead: 1 },
    { options: { onError: 'drop' }, handle: aside, dead: 1 },
    { options: { retry: { attempts: 1 } }, handle: fail, dead: 1 },
  ] as const
  for (const { options, handle, dead } of cases) {
    const { pass, bus, handled, kernel } = await scene(options, handle)
    await bus.publish('t', 'x')
    await pass(1e9)
    assert.equal([handled.length, bus.count('q'), bus.count('q.dead')], [1, 0, dead])
    await kernel.stop()
  }
})

test('a dead letter says why it is there and keeps its own headers', async () => {
  const { pass, bus, kernel } = await scene({ deadLetter: 'aside', retry: { attempts: 2 } }, () => {
    throw new RangeError('out of range')
  })
  await bus.publish('t', { id: 1 }, { headers: { trace: 'abc', 'x-dead-letter-reason': 'an earlier one' } })
  await pass(10_000)
  const [dead] = bus.deadLetters('aside')
  assert.is(dead?.topic, 't')
  assert.equal(dead?.data, { id: 1 })
  const { 'x-dead-letter-stack': stack, 'x-dead-letter-time': time, ...headers } = dead?.headers ?? {}
  assert.match(String(stack), /^RangeError: out of range\n +at /)
  assert.equal(headers, {
    trace: 'abc',
    'x-dead-letter-reason': 'out of range',
    'x-dead-letter-error': 'RangeError',
    'x-dead-letter-topic': 't',
    'x-dead-letter-queue': 'q',
    'x-dead-letter-attempts': 2,
  })
  assert.is(bus.count('q.dead'), 0)
  await kernel.stop()
})

test('whatever is thrown is a reason', async () => {
  const { pass, bus, kernel } = await scene({ retry: { attempts: 1 } }, () => Promise.reject('just a text'))
  await bus.publish('t', 'x')
  await pass()
  const [dead] = bus.deadLetters('q.dead')
  assert.is(dead?.headers['x-dead-letter-reason'], 'just a text')
  assert.is(dead?.headers['x-dead-letter-error'], 'string')
  await kernel.stop()
})

test.run()
