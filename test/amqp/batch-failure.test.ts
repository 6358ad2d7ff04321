// time limit: 120 s
// node: 24 only
// needs: rabbitmq
// What a BatchFailure may name, on the buses that have batches.
import { BatchFailure, configureLogging, Drop, Service } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { buses, start } from './batch-buses.ts'
import { unique, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = suite('batch failures')

for (const [name, bus] of Object.entries(buses) as [string, typeof buses.memory][]) {
  for (const [what, failures, sentence] of [
    ['that it does not have', [[3, 1]], /the place 3, which is invalid: the batch has 3 messages/],
    [
      'beside one that it has',
      [
        [0, new Drop('x')],
        [9, 1],
      ],
      /the place 9,/,
    ],
    ['that is negative', [[-1, 1]], /the place -1, which is invalid: a place is a whole number/],
    ['that is NaN', [[Number.NaN, 1]], /the place NaN,/],
    ['that is no integer', [[0.5, 1]], /the place 0.5,/],
    ['that is endless', [[Number.POSITIVE_INFINITY, 1]], /the place Infinity,/],
    ['that is a text', [['1', 1]], /the place "1",/],
    ['that is left out', [[undefined, 1]], /the place undefined,/],
    [
      'given twice',
      [
        [1, 1],
        [1, new Drop('x')],
      ],
      /the place 1, which is invalid: it is given twice/,
    ],
    ['that is no entry', [1], /./],
    ['of a list that is none', 7, /./],
    [
      'of an iterable that throws',
      { [Symbol.iterator]: () => assert.unreachable('the iterator') },
      /the iterator/,
    ],
    ['added to the failures later', (map: Map<number, unknown>) => map.set(5, 1), /the place 5,/],
    ['list that is gone', () => undefined, /its failures cannot be read/],
    [
      'list that cannot be read',
      () => {
        throw new Error('the trap')
      },
      /its failures cannot be read/,
    ],
  ] as const) {
    test(`${name}: a BatchFailure with a place ${what} fails the whole batch`, async () => {
      const [queue, one] = [unique('queue'), bus()]
      const source = one.topic(queue, { queue, retry: { attempts: 1 }, batch: { size: 3, wait: 60_000 } })
      const service = new Service().on(source, () => {
        if (typeof failures !== 'function') throw new BatchFailure(failures as never)
        const failure = new BatchFailure([])
        const own = failure.failures as Map<number, unknown>
        Object.defineProperty(failure, 'failures', { get: () => failures(own) })
        throw failure
      })
      const kernel = await start(service)
      await Promise.all([1, 2, 3].map((number) => one.publish(queue, number)))
      const dead = () => one.deadLetterQueues.peek(`${queue}.dead`)
      await until(async () => (await dead()).length === 3, 'three dead letters')
      for (const { reason } of await dead()) assert.match(String(reason), sentence)
      await kernel.stop()
    })
  }

  test(`${name}: a BatchFailure without failures means that all are handled`, async () => {
    const [queue, one] = [unique('queue'), bus()]
    let calls = 0
    const source = one.topic(queue, { queue, retry: { attempts: 1 }, batch: { size: 2, wait: 60_000 } })
    const service = new Service().on(source, () => {
      calls++
      throw new BatchFailure([])
    })
    const kernel = await start(service)
    await Promise.all([1, 2].map((number) => one.publish(queue, number)))
    await until(() => calls === 1, 'the batch')
    assert.is(await kernel.stop(), 0)
  })
}

test.run()
