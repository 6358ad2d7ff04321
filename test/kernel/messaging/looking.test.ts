// What a look at a consumer finds, and what is told of it; deadlines that count from the last progress.
import { inTime } from 'tomodachi/adapter-kit'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../until.ts'
import { logged, quiet } from '../started.ts'
import { busStarted } from './fake-broker.ts'

quiet()
const test = suite('looking after consumers')

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
  fault = new Error('no exchange')
  await until(() => bus.ready === false, 'it is not ready')
  assert.equal(bus.problems, [{ part: 'the queue "t"', reason: 'no exchange' }])
  assert.equal(kernel.problems, [{ adapter: bus.name, part: 'the queue "t"', reason: 'no exchange' }])
  const before = looks
  await until(() => looks > before + 3)
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
  fake.consumer().receiver.off(new Error('deleted'))
  await until(() => bus.problems?.[0]?.reason === 'no such queue')
  assert.equal(bus.problems, [{ part: 'the queue "t"', reason: 'no such queue' }])
  fake.links.at(-1)?.lose(new Error('cut'))
  assert.equal(bus.problems, [{ part: 'the connection', reason: 'cut' }])
  await kernel.stop()
  assert.equal(bus.problems, [])
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
