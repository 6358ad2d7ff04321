import { AsyncLocalStorage } from 'node:async_hooks'
import { Kernel, manualClock, Service } from 'tomodachi'
import { currentContext } from 'tomodachi/adapter-kit'
import { MemoryBroker, memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { until } from '../until.ts'

const contexts = suite('memory async context')

const user = new AsyncLocalStorage<string>()

contexts('a publisher is seen by no handler, schema, middleware, observer or backoff', async () => {
  const clock = manualClock()
  const bus = memory({ broker: new MemoryBroker({ clock }) })
  const seen = new Set<unknown>()
  let handled = 0
  const see = () => void seen.add(user.getStore())
  const anything = z.unknown().transform(async (value) => {
    see()
    return value
  })
  const { topic } = await import('tomodachi')
  const seeing = topic('seen', { schema: anything })
  const backoff = () => {
    see()
    return 1_000
  }
  const observed = bus.use(async (_, next) => {
    see()
    return next()
  })
  const failing = () => {
    see()
    user.enterWith('a handler')
    handled++
    throw new Error('no stock')
  }
  const batched = ({ batch }: { batch: readonly unknown[] }) => {
    see()
    user.enterWith('a batch')
    handled += batch.length
  }
  const kernel = await new Kernel(
    [
      new Service()
        .on(observed.topic(seeing, { queue: 'one', retry: { attempts: 3, backoff } }), failing)
        .on(bus.topic('seen', { queue: 'many', batch: { size: 2, wait: 5 } }), batched),
    ],
    { ownsProcess: false },
  ).start()
  kernel.bus.on('received', see)
  kernel.bus.on('settled', see)
  for (const name of ['a', 'b', 'c']) await user.run(`publisher ${name}`, () => bus.publish('seen', name))
  await until(() => handled === 6)
  for (let tries = 0; tries < 2; tries++) await user.run('the clock', () => clock.advance(1_000))
  await until(() => handled === 12)
  await kernel.stop()
  assert.equal([...seen], [undefined])
})

contexts(
  'a message published in a handler, also with a delay, is handled outside of that handler',
  async () => {
    const clock = manualClock()
    const bus = memory({ broker: new MemoryBroker({ clock }) })
    const seen: unknown[] = []
    const see = ({ topic }: { topic: string }) =>
      void seen.push([topic, user.getStore(), (currentContext() as { topic?: string } | undefined)?.topic])
    const kernel = await new Kernel(
      [
        new Service()
          .on(bus.topic('first', { queue: 'first' }), async (context) => {
            user.enterWith('the first')
            see(context)
            await bus.publish('second', 1)
            await bus.publish('late', 1, { delay: 1_000 })
          })
          .on(bus.topic('second', { queue: 'second' }), see)
          .on(bus.topic('late', { queue: 'late' }), see),
      ],
      { ownsProcess: false },
    ).start()
    kernel.bus.on('settled', () => void seen.push(currentContext()))
    await bus.publish('first', 1)
    await until(() => seen.length === 4)
    await clock.advance(1_000)
    await until(() => seen.length === 6)
    await kernel.stop()
    assert.equal(
      seen.filter((entry) => entry !== undefined),
      [
        ['first', 'the first', 'first'],
        ['second', undefined, 'second'],
        ['late', undefined, 'late'],
      ],
    )
  },
)

contexts.run()
