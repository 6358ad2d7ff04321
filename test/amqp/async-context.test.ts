// needs: rabbitmq
import { AsyncLocalStorage } from 'node:async_hooks'
import { Kernel, Service } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../until.ts'
import { unique } from './scene.ts'
import { brokerUrl } from './world.ts'

const contexts = suite('amqp async context')

const user = new AsyncLocalStorage<string>()

contexts(
  'a handler, its schema and the observers see neither publisher nor starter nor another handler',
  async () => {
    const topic = unique('contexts')
    const bus = amqp({ url: brokerUrl, queueTtl: '10m' })
    const seen = new Set<unknown>()
    let handled = 0
    const see = () => void seen.add(user.getStore())
    const kernel = new Kernel(
      [
        new Service()
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
          }),
      ],
      { ownsProcess: false },
    )
    await user.run('starter', () => kernel.start())
    kernel.bus.on('received', see)
    kernel.bus.on('settled', see)
    for (const name of ['a', 'b', 'c']) await user.run(`publisher ${name}`, () => bus.publish(topic, name))
    await until(() => handled === 6)
    await kernel.stop()
    assert.equal([...seen], [undefined])
  },
)

contexts.run()
