// Whatever a user's code throws, on the memory bus.

import { BatchFailure, configureLogging, DeadLetter, Kernel, Service } from 'tomodachi'
import { memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { brokenThenables, choices, thrownValues } from '../hostile.ts'
import { until } from '../http/serving.ts'
import { thrownLaws } from '../thrown-messages.ts'
import { scene } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = suite('thrown values on the memory bus')

thrownLaws(
  test,
  async () => ({ bus: memory() as never, close: async () => {} }),
  (purpose) => purpose,
)

for (const [name, make] of choices) {
  const state = /DeadLetter/.test(name) ? 'dead' : /Drop/.test(name) ? 'gone' : 'retried'
  test(`${name}: the message is ${state}, not lost`, async () => {
    const { pass, bus, handled, kernel } = await scene({ retry: { backoff: () => 10 } }, ({ attempt }) => {
      if (attempt === 1) throw make()
    })
    await bus.publish('t', 'x')
    await pass(10)
    assert.equal(
      [handled.length, bus.deadLetters('q.dead').length, bus.count('q')],
      [state === 'retried' ? 2 : 1, state === 'dead' ? 1 : 0, 0],
    )
    await kernel.stop()
  })
}

test('a backoff that throws, or gives no number, gives way to the default one', async () => {
  const functions = [
    ...thrownValues.map(([, make]) => () => {
      throw make()
    }),
    ...thrownValues.map(([, make]) => make),
    ...brokenThenables.map(([, make]) => make),
    async () => 5,
    () => '5',
    () => new Date(5),
    () => [5],
  ]
  for (const backoff of functions) {
    const { pass, bus, times, kernel } = await scene(
      { retry: { backoff: backoff as never } },
      ({ attempt }) => {
        if (attempt === 1) throw new Error('it fails')
      },
    )
    await bus.publish('t', 'x')
    await pass(1_000)
    const [first, second = -1] = times()
    assert.is(first, 0)
    assert.ok(second >= 500 && second <= 1_000, `again after ${second} ms`)
    await kernel.stop()
  }
})

test('the headers of a dead letter are cut texts', async () => {
  const long = new DeadLetter('x'.repeat(1_000_000))
  const { pass, bus, kernel } = await scene({}, () => {
    throw long
  })
  await bus.publish('t', 'x')
  await pass()
  const [letter] = bus.deadLetters('q.dead')
  assert.match(String(letter?.headers['x-dead-letter-reason']), /^.{2000}…$/s)
  assert.match(String(letter?.headers['x-dead-letter-stack']), /^.{8000}…$/s)
  await kernel.stop()
})

test('whatever a BatchFailure gives for a message is the error of that message alone', async () => {
  const bus = memory()
  const size = thrownValues.length
  const source = bus.topic('t', {
    queue: 'q',
    retry: { attempts: 1 },
    batch: { size: size + 1, wait: 60_000 },
  })
  const service = new Service().on(source, () => {
    throw new BatchFailure(thrownValues.map(([, make], place) => [place, make()]))
  })
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  for (let place = 0; place <= size; place++) await bus.publish('t', place)
  await until(() => bus.deadLetters('q.dead').length === size)
  assert.is(await kernel.stop(), 0)
})

test.run()
