import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { Kernel, type MessageBus, Service } from 'tomodachi'
import { until } from './until.ts'

const user = new AsyncLocalStorage<string>()

/**
 * The async contexts in which handlers and observers of a bus find themselves, where starter, publishers and handlers each
 * have one of their own: only the undefined one, or one of them has reached another.
 */
export async function contextsSeen(bus: MessageBus): Promise<unknown[]> {
  const unique = (purpose: string) => `${purpose}-${randomUUID()}`
  const topic = unique('contexts')
  const seen = new Set<unknown>()
  let handled = 0
  const see = () => void seen.add(user.getStore())
  const service = new Service()
    .on(bus.topic(topic, { queue: unique('one') }), async () => {
      see()
      user.enterWith('a handler')
      await new Promise(setImmediate)
      handled++
    })
    .on(bus.topic(topic, { queue: unique('many'), batch: { size: 2, wait: 20 } }), ({ batch }) => {
      see()
      user.enterWith('a batch')
      handled += batch.length
    })
  const kernel = new Kernel([service], { ownsProcess: false })
  await user.run('starter', () => kernel.start())
  kernel.bus.on('received', see)
  kernel.bus.on('settled', see)
  for (const name of ['a', 'b', 'c']) await user.run(`publisher ${name}`, () => bus.publish(topic, name))
  await until(() => handled === 6)
  await kernel.stop()
  return [...seen]
}
