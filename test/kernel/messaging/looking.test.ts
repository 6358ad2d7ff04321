// What a look at a consumer finds, and what is told of it; deadlines that count from the last progress.
import type { MessageBus } from 'tomodachi'
import { inTime } from 'tomodachi/adapter-kit'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../until.ts'
import { logged, quiet } from '../started.ts'
import { busStarted } from './fake-broker.ts'

quiet()
const test = suite('looking after consumers')

/** What does not work, without the time, which must lie between `from` and now. */
function told({ problems = [] }: Pick<MessageBus, 'problems'>, from: number): readonly object[] {
  return problems.map(({ since, ...problem }) => {
    assert.ok(since.getTime() >= from && since.getTime() <= Date.now(), String(since))
    return problem
  })
}

test('a fault is told once, and the consumer goes on, not ready', async () => {
  let fault: Error | undefined
  let looks = 0
  const look = async () => {
    looks++
    return { attached: true, waiting: 0, fault }
  }
  const { fake, bus, kernel } = await busStarted({ look }, { inspectionInterval: 5 })
  const records = logged('info')
  const consumer = fake.consumer()
  const begun = Date.now()
  fault = new Error('no exchange at amqp://joe:hunter2@broker')
  await until(() => bus.ready === false, 'it is not ready')
  assert.equal(told(bus, begun), [{ part: 'the queue "t"', reason: fault.message }])
  const reason = 'no exchange at amqp://joe:[redacted]@broker'
  assert.equal(told(kernel, begun), [{ adapter: bus.name, part: 'the queue "t"', reason }])
  const [before, since] = [looks, bus.problems?.[0]?.since]
  await until(() => looks > before + 3)
  assert.equal(bus.problems?.[0]?.since, since)
  fault = undefined
  await until(() => bus.ready === true, 'it is ready again')
  assert.equal(kernel.problems, [])
  assert.is(fake.consumer(), consumer)
  quiet()
  assert.equal(
    records.map(({ message, fields }) => [message, fields.queue]),
    [
      ['messages do not come into a queue', 't'],
      ['messages come into the queue again', 't'],
    ],
  )
  await kernel.stop()
})

test('a lost connection and a queue that cannot be consumed are problems, with their reasons', async () => {
  let isBroken = false
  const { fake, bus, kernel } = await busStarted({
    consume: () => isBroken && Promise.reject(new Error('no such queue')),
  })
  assert.equal(bus.problems, [])
  isBroken = true
  const begun = Date.now()
  fake.consumer().receiver.off(new Error('deleted'))
  const since = bus.problems?.[0]?.since
  await until(() => bus.problems?.[0]?.reason === 'no such queue')
  assert.equal(told(bus, begun), [{ part: 'the queue "t"', reason: 'no such queue' }])
  assert.equal(bus.problems?.[0]?.since, since, 'since it came off, not since the last attempt')
  const cutAt = Date.now()
  fake.links.at(-1)?.lose(new Error('cut'))
  assert.equal(told(bus, cutAt), [{ part: 'the connection', reason: 'cut' }])
  await kernel.stop()
  assert.equal(bus.problems, [])
})

test('a consumer that says why it gets no messages is not ready until it gets them', async () => {
  const { fake, bus, kernel } = await busStarted({})
  const since = new Date(Date.now() - 5_000)
  fake.consumer().failure = { error: new Error('refused'), since }
  assert.equal([bus.ready, kernel.ready], [false, false])
  assert.equal(bus.problems, [{ part: 'the queue "t"', reason: 'refused', since }])
  fake.consumer().failure = undefined
  assert.equal([bus.ready, kernel.ready, bus.problems], [true, true, []])
  await kernel.stop()
})

test('a deadline counts from the last progress', async () => {
  let progressedAt = performance.now()
  const late = () => new Error('late')
  const going = setInterval(() => {
    progressedAt = performance.now()
  }, 5)
  let finish = (_: string) => {}
  const work = new Promise<string>((resolve) => {
    finish = resolve
  })
  const waiting = inTime(work, 50, late, { progressedAt: () => progressedAt })
  const fixed = await inTime(work, 50, late).catch((error: Error) => error.message)
  assert.is(fixed, 'late')
  setTimeout(() => finish('done'), 50)
  assert.is(await waiting, 'done')
  clearInterval(going)
  const stopped = inTime(new Promise<void>(() => {}), 20, late, { progressedAt: () => progressedAt })
  assert.is(await stopped.catch((error: Error) => error.message), 'late')
})

test.run()
