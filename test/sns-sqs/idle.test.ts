// time limit: 120 s
// node: 24 only
// What a queue costs in which nothing is: AWS bills each receive.
import { configureLogging } from 'tomodachi'
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import { inScene, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('idle queues of SNS+SQS')

/** Seconds that a receive waits: 20 by default, so that an idle queue costs three a minute. */
const waitTime = 1

test(
  'after a rush each queue is asked by one receive at a time, which waits in full: several topics, batch, FIFO',
  inScene(async (scene) => {
    const bus = scene.bus({ waitTime: `${waitTime}s` })
    let handled = 0
    const handle = () => void handled++
    await scene.start((service) =>
      service
        .on(bus.topic('one', { queue: 'plain', concurrency: 100 }), handle)
        .on(bus.topic('two', { queue: 'plain', concurrency: 100 }), handle)
        .on(bus.topic('three', { queue: 'batches', concurrency: 100, batch: { size: 10 } }), ({ batch }) => {
          handled += batch.length
        })
        .on(bus.topic('four', { queue: 'ordered', fifo: true }), handle),
    )
    const times = new Map<string, number[]>()
    const publishing = ['one', 'two', 'three'].flatMap((topic) =>
      Array.from({ length: 200 }, (_, index) => bus.publish(topic, index)),
    )
    for (const index of [1, 2, 3]) publishing.push(bus.publish('four', index, { groupId: 'g' }))
    await Promise.all(publishing)
    await until(() => handled === publishing.length)
    scene.proxy.fault = ({ operation, body }) => {
      if (operation !== 'ReceiveMessage') return undefined
      const { QueueUrl, WaitTimeSeconds } = JSON.parse(body)
      assert.is(WaitTimeSeconds, waitTime)
      times.set(QueueUrl, [...(times.get(QueueUrl) ?? []), performance.now()])
      return undefined
    }
    // Receives that the rush has added end one by one.
    await until(() => times.size === 3 && [...times.values()].every(({ length }) => length >= 12))
    for (const [queue, asked] of times) {
      const [first = 0, ...others] = asked.slice(8, 12)
      const waits = others.map((time, index) => time - ([first, ...others][index] ?? 0))
      for (const wait of waits) assert.ok(wait > waitTime * 950, `${queue}: ${waits} ms between receives`)
    }
  }),
)

test.run()
