// time limit: 120 s
// node: 24 only
// needs: rabbitmq
import { setTimeout as sleep } from 'node:timers/promises'
import { BatchFailure, configureLogging, DeadLetter, Drop, Service, topic } from 'tomodachi'
import { memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { buses, start } from './batch-buses.ts'
import { unique, until } from './scene.ts'
import { amqpWorld } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('batches')
const retry = { attempts: 3, backoff: () => 0 }

for (const [name, bus] of Object.entries(buses) as [string, typeof buses.memory][]) {
  test(`${name}: a full batch is handled at once, the rest after the wait`, async () => {
    const [queue, one] = [unique('queue'), bus()]
    const batches: unknown[][] = []
    const service = new Service().on(
      one.topic(queue, { queue, concurrency: 1, batch: { size: 4, wait: 300 } }),
      ({ batch }) => void batches.push(batch.map(({ data }) => data)),
    )
    const kernel = await start(service)
    for (const number of [1, 2, 3, 4, 5]) await one.publish(queue, number)
    await until(() => batches.length === 1, 'the full batch')
    assert.equal(batches, [[1, 2, 3, 4]])
    await until(() => batches.length === 2, 'the rest')
    assert.equal(batches[1], [5])
    await kernel.stop()
  })

  test(`${name}: C25 only what failed comes again, alone or with others`, async () => {
    const [queue, one] = [unique('queue'), bus()]
    const handled = new Map<unknown, number[]>()
    const source = one.topic(queue, { queue, concurrency: 1, retry, batch: { size: 10, wait: 100 } })
    const service = new Service().on(source, ({ batch }) => {
      const failures: [number, unknown][] = []
      for (const [place, { data, attempt }] of batch.entries()) {
        handled.set(data, [...(handled.get(data) ?? []), attempt])
        if (data === 3) failures.push([place, new Error('not three')])
        if (data === 5 && attempt === 1) failures.push([place, new Error('not yet')])
        if (data === 7) failures.push([place, new Drop('not wanted')])
        if (data === 9) failures.push([place, new DeadLetter('look at it')])
      }
      if (failures.length > 0) throw new BatchFailure(failures)
    })
    const kernel = await start(service)
    await Promise.all(Array.from({ length: 10 }, (_, number) => one.publish(queue, number)))
    await until(
      () => handled.size === 10 && handled.get(3)?.length === 3,
      'every message, and the third thrice',
    )
    await sleep(300)
    const attempts = (number: number) => handled.get(number)
    assert.equal([attempts(3), attempts(5), attempts(7), attempts(9)], [[1, 2, 3], [1, 2], [1], [1]])
    for (const number of [0, 1, 2, 4, 6, 8]) assert.equal(attempts(number), [1], `message ${number}`)
    await kernel.stop()
  })

  test(`${name}: any other error is one of each, and a stop gives back what has not begun`, async () => {
    const [queue, one] = [unique('queue'), bus()]
    const attempts: number[][] = []
    const service = new Service().on(
      one.topic(queue, {
        queue,
        concurrency: 1,
        retry: { attempts: 2, backoff: () => 0 },
        batch: { size: 3, wait: 60_000 },
      }),
      ({ batch }) => {
        attempts.push(batch.map(({ attempt }) => attempt))
        throw new Error('nothing works')
      },
    )
    const kernel = await start(service)
    await Promise.all([1, 2, 3].map((number) => one.publish(queue, number)))
    await until(() => attempts.length === 2, 'both attempts')
    assert.equal(attempts, [
      [1, 1, 1],
      [2, 2, 2],
    ])
    await one.publish(queue, 'waits for others')
    await sleep(100)
    assert.is(await kernel.stop(), 0)
    const seen: unknown[] = []
    if (name !== 'memory') {
      const next = bus()
      const later = await start(
        new Service().on(next.topic(queue, { queue }), ({ data, attempt }) => void seen.push(data, attempt)),
      )
      await until(() => seen.length > 0, 'the message that was given back')
      assert.equal(seen, ['waits for others', 1])
      await later.stop()
    }
  })

  test(`${name}: what does not fit, or cannot be read, spoils no batch`, async () => {
    const [queue, one] = [unique('queue'), bus()]
    for (const schema of [z.number(), z.number().refine(async (number) => number >= 0)]) {
      const own = unique('queue')
      const batches: unknown[] = []
      const contract = topic(own, { schema })
      const service = new Service().on(
        one.topic(contract, { queue: own, batch: { size: 3, wait: 200 } }),
        ({ batch }) => void batches.push(...batch.map(({ data }) => data)),
      )
      const kernel = await start(service)
      for (const data of [1, 'wrong', 2, null, 3]) await one.publish(own, data)
      await until(() => batches.length === 3, 'what fits')
      assert.equal(batches, [1, 2, 3])
      await kernel.stop()
    }
    assert.ok(queue)
  })

  test(`${name}: each message has its headers, the batch those that all share, and a trace that is theirs`, async () => {
    const [queue, followUp, one] = [unique('queue'), unique('follow-up'), bus()]
    const [trace, other] = ['1', '2'].map((digit) => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`)
    const batches: unknown[] = []
    const followed: unknown[] = []
    const service = new Service()
      .on(
        one.topic(queue, { queue, concurrency: 1, batch: { size: 2, wait: 60_000 } }),
        async ({ batch, envelope }) => {
          const shared = [envelope.headers.traceparent, envelope.headers['x-all'], envelope.headers['x-own']]
          batches.push([
            batch.map(({ data, headers }) => [data, headers.traceparent, headers['x-own']]),
            shared,
          ])
          await one.publish(followUp, batch.length)
        },
      )
      .on(one.topic(followUp, { queue: followUp }), ({ headers, envelope }) => {
        assert.is(headers, envelope.headers)
        followed.push(headers.traceparent)
      })
    const kernel = await start(service)
    for (const [index, traceparent] of [trace, trace, trace, other, other, undefined].entries()) {
      const own = { 'x-all': 'yes', 'x-own': `${index}` }
      await one.publish(queue, index, { headers: traceparent === undefined ? own : { ...own, traceparent } })
      if (index % 2 === 1) await until(() => followed.length === (index + 1) / 2, 'what follows')
    }
    assert.equal(batches, [
      [
        [
          [0, trace, '0'],
          [1, trace, '1'],
        ],
        [trace, 'yes', undefined],
      ],
      [
        [
          [2, trace, '2'],
          [3, other, '3'],
        ],
        [undefined, 'yes', undefined],
      ],
      [
        [
          [4, other, '4'],
          [5, undefined, '5'],
        ],
        [undefined, 'yes', undefined],
      ],
    ])
    assert.equal(followed, [trace, undefined, undefined])
    await kernel.stop()
  })
}

test('RabbitMQ: what failed in a batch is dead-lettered with its own reason', async () => {
  const [world, queue] = [await amqpWorld(), unique('queue')]
  const one = buses.RabbitMQ()
  const source = one.topic(queue, { queue, retry: { attempts: 1 }, batch: { size: 2 } })
  const service = new Service().on(source, ({ batch }) => {
    throw new BatchFailure(
      batch.flatMap(({ data }, place) => (data === 2 ? [[place, new RangeError('two')]] : [])),
    )
  })
  const kernel = await start(service)
  await Promise.all([1, 2].map((number) => one.publish(queue, number)))
  await until(async () => (await world.deadLetters(`${queue}.dead`)).length === 1, 'a dead letter')
  const [dead] = await world.deadLetters(`${queue}.dead`)
  assert.is(dead?.data, 2)
  assert.is(dead?.headers['x-dead-letter-error'], 'RangeError')
  await kernel.stop()
  await world.close()
})

test('batches and an order exclude each other', () => {
  assert.throws(
    () => memory().topic('t', { batch: { size: 2 }, orderBy: () => 1 }),
    (error: { code: string }) => error.code === 'OPTIONS_CONFLICT',
  )
})

test.run()
