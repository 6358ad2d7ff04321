import { configureLogging } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { scene } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = suite('delays of the memory bus')

test('a delayed message comes on time, and those of the same time in order', async () => {
  const { pass, bus, handled, kernel } = await scene({ concurrency: 1 })
  await bus.publish('t', 'later', { delay: 200 })
  await bus.publish('t', 'first', { delay: 100 })
  await bus.publish('t', 'second', { delay: 100 })
  await bus.publish('t', 'now', { delay: 0 })
  await bus.publish('t', 'now too', { delay: undefined })
  assert.is(bus.count('q'), 5)
  await pass(0)
  await pass(99)
  assert.is(handled.length, 2)
  await pass(1)
  assert.is(handled.length, 4)
  await pass(1_000)
  assert.equal(
    handled.map(({ data, at }) => [data, at]),
    [
      ['now', 0],
      ['now too', 0],
      ['first', 100],
      ['second', 100],
      ['later', 200],
    ],
  )
  await kernel.stop()
})

test('a delay may be longer than a timer can be', async () => {
  const delay = 2 ** 31 + 5_000
  const { pass, bus, times, kernel } = await scene({})
  await bus.publish('t', 'x', { delay })
  await pass(delay - 1)
  assert.equal(times(), [])
  await pass(1)
  assert.equal(times(), [delay])
  await kernel.stop()
})

test('delays go on while nobody runs, without a timer', async () => {
  const { clock, pass, broker, bus, times, kernel, start } = await scene({})
  await bus.publish('t', 'x', { delay: 1_000 })
  assert.is(clock.pending, 1)
  await kernel.stop()
  assert.is(clock.pending, 0)
  await pass(5_000)
  assert.is(broker.count('q'), 1)
  const again = await start()
  await pass()
  assert.equal(times(), [5_000])
  await again.stop()
})

test.run()
