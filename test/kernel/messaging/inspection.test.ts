// What the bus does when it looks after its consumers.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../until.ts'
import { deferred, turn } from '../fake-adapter.ts'
import { quiet } from '../started.ts'
import { busStarted } from './fake-broker.ts'

quiet()
const test = suite('inspection of consumers')

for (const [what, look] of [
  ['gets nothing though messages wait', async () => ({ attached: true, waiting: 3 })],
  ['the broker does not know', async () => ({ attached: false, waiting: 0 })],
  ['cannot be looked at', () => Promise.reject(new Error('no answer'))],
] as const) {
  test(`a consumer that ${what} is consumed again`, async () => {
    const { fake, bus, kernel } = await busStarted({ look }, { inspectionInterval: 20 })
    await until(() => !bus.ready)
    fake.does.look = async () => ({ attached: true, waiting: 0 })
    await until(() => bus.ready === true)
    assert.equal(fake.journal.slice(0, 4), [
      'connect 1',
      'consume t over 1',
      'stop t over 1',
      'consume t over 1',
    ])
    await kernel.stop()
  })
}

test('one that has no room, or gets messages, is left alone', async () => {
  let looks = 0
  const look = async () => {
    looks++
    return { attached: true, waiting: 3 }
  }
  const handling = deferred()
  const { fake, bus, kernel } = await busStarted(
    { look, prefetch: 1 },
    { inspectionInterval: 20 },
    () => handling.promise,
  )
  fake.hand(1)
  await until(() => looks > 4)
  assert.ok(bus.ready)
  handling.resolve()
  await until(() => fake.settled.length === 1)
  await kernel.stop()
})

test('a look that is answered late says nothing of the next consumer', async () => {
  const answer = deferred<{ attached: boolean; waiting: number }>()
  let looks = 0
  const { fake, bus, kernel } = await busStarted(
    { look: () => (looks++ === 0 ? answer.promise : Promise.resolve({ attached: true, waiting: 0 })) },
    { inspectionInterval: 20 },
  )
  await until(() => looks === 1)
  fake.consumer().receiver.off(new Error('closed'))
  await until(() => bus.ready === true)
  answer.resolve({ attached: false, waiting: 0 })
  await turn()
  assert.ok(bus.ready)
  assert.is(fake.attempts.get('t'), 3)
  await kernel.stop()
})

for (const [what, answer] of [
  ['finds no consumer', async () => ({ attached: false, waiting: 3 })],
  ['fails', () => Promise.reject(new Error('no answer'))],
] as const) {
  test(`a look that ${what} because of a stop takes no message from its handler`, async () => {
    const [look, handling] = [deferred(), deferred()]
    let isLooking = false
    const signals: AbortSignal[] = []
    const { fake, kernel } = await busStarted(
      {
        look: () => {
          isLooking = true
          return look.promise.then(answer)
        },
      },
      { inspectionInterval: 20 },
      ({ signal }) => {
        signals.push(signal)
        return handling.promise
      },
    )
    fake.hand(1)
    await until(() => isLooking)
    const stopped = kernel.stop()
    await until(() => kernel.state === 'draining')
    look.resolve()
    await turn()
    assert.equal(
      signals.map(({ aborted }) => aborted),
      [false],
    )
    handling.resolve()
    assert.is(await stopped, 0)
    assert.equal(fake.settled, ['ack 1'])
    assert.is(fake.links.length, 1)
  })
}

test('a very long inspection interval is not a short one', async () => {
  let looks = 0
  const look = async () => {
    looks++
    return { attached: true, waiting: 0 }
  }
  const { kernel } = await busStarted({ look }, { inspectionInterval: '24d' })
  for (let turns = 0; turns < 50; turns++) await turn()
  assert.is(looks, 0)
  await kernel.stop()
})

test.run()
