// node: 24 only
import { configureLogging, DeadLetter, Kernel, Service } from 'tomodachi'
import { MemoryBroker, memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../until.ts'
import { laws } from './laws.ts'

configureLogging({ logger: 'disabled' })

const test = suite('dead letters in memory')

for (const [law, check] of Object.entries(laws)) {
  test(law, () =>
    check({ bus: memory(), topic: 'orders', dead: (queue) => `${queue}.dead`, close: async () => {} }),
  )
}

test('deadLetters takes the names that the command takes: of the queue, and of the dead-letter queue', async () => {
  const broker = new MemoryBroker()
  const [bus, onlooker] = [memory({ broker }), memory({ broker })]
  const fail = () => {
    throw new DeadLetter('look at it')
  }
  const service = new Service()
    .on(bus.topic('order.created', { queue: 'billing' }), fail)
    .on(bus.topic('order.created', { queue: 'stock', deadLetter: 'lost' }), fail)
    .on(bus.topic('order.paid'), fail)
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  await bus.publish('order.created', 1)
  await bus.publish('order.paid', 2)
  const dataIn = (name: string) => bus.deadLetters(name).map(({ data }) => data)
  await until(() => dataIn('order.paid.dead').length === 1, 'a dead letter')
  assert.equal([dataIn('billing'), dataIn('billing.dead')], [[1], [1]])
  assert.equal([dataIn('stock'), dataIn('lost'), dataIn('stock.dead')], [[1], [1], []])
  assert.equal([dataIn('order.paid'), dataIn('nothing')], [[2], []])
  assert.is(onlooker.deadLetters('billing').length, 1)
  assert.is((await bus.deadLetterQueues.peek('stock')).length, 1)
  assert.is(await bus.deadLetterQueues.discard('billing'), 1)
  await kernel.stop()
  assert.equal([dataIn('billing'), dataIn('stock')], [[], [1]])
})

test.run()
