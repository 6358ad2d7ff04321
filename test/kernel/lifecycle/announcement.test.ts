import { Kernel, manualClock, run, Service } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fakeAdapter } from '../fake-adapter.ts'
import { failureOf, type Logged, logged, quiet } from '../started.ts'

const announcement = suite('announcement')
announcement.before(quiet)

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

function stops(records: readonly Logged[]): Logged[] {
  return records.filter(({ message }) => message.startsWith('stopped'))
}

announcement('run() logs that it has started and where, and one line when it has stopped', async () => {
  const records = logged('info')
  const reachable = { ...fakeAdapter(), endpoints: ['http://127.0.0.1:1'] }
  const kernel = await run(new Service({ name: 'orders', adapters: [reachable] }))
  await kernel.stop(3)
  quiet()
  const [started, ...others] = records.map(({ message, fields }) => {
    const { milliseconds, drainMilliseconds, ...rest } = fields
    const times = message === 'started' ? [milliseconds] : [milliseconds, drainMilliseconds]
    for (const time of times) assert.ok(Number.isInteger(time))
    return { message: message.replaceAll(/[\d.]+ m?s\b/g, 'a while'), fields: rest }
  })
  const logger = 'tomodachi.lifecycle'
  const services = ['orders']
  assert.equal(started, {
    message: 'started',
    fields: { logger, services, endpoints: ['http://127.0.0.1:1'] },
  })
  const fields = { logger, services, exitCode: 3 }
  assert.equal(others, [{ message: 'stopped after a while: drained for a while, exit code 3', fields }])
})

announcement('says for people how long it ran, and how long it was draining', async () => {
  for (const [milliseconds, text] of [
    [0, '0 ms'],
    [340, '340 ms'],
    [4_240, '4.2 s'],
    [59_949, '59.9 s'],
    [59_999, '1 min 0 s'],
    [5 * minute + 12.4 * second, '5 min 12 s'],
    [3 * hour + 5 * minute, '3 h 5 min'],
    [2 * day + 3 * hour + 59 * minute, '2 d 3 h'],
  ] as const) {
    const clock = manualClock()
    const records = logged('info')
    const kernel = await new Kernel([new Service({ adapters: [fakeAdapter()] })], { clock }).start()
    await clock.advance(milliseconds)
    await kernel.stop()
    quiet()
    assert.equal(
      stops(records).map(({ message }) => message),
      [`stopped after ${text}: drained for 0 ms, exit code 0`],
    )
  }
})

announcement('the drain lasts from the request to stop until all has stopped', async () => {
  const clock = manualClock()
  const adapter = fakeAdapter()
  const { promise, resolve } = Promise.withResolvers<void>()
  const service = new Service().on(adapter.source('work'), () => promise as Promise<undefined>)
  const kernel = await new Kernel([service], { clock }).start()
  const records = logged('info')
  adapter.send('work')
  await clock.advance(2 * second)
  const stopped = kernel.stop()
  await clock.advance(1.5 * second)
  resolve()
  await stopped
  quiet()
  const [stop] = stops(records)
  assert.is(stop?.message, 'stopped after 3.5 s: drained for 1.5 s, exit code 0')
  assert.equal([stop?.fields.milliseconds, stop?.fields.drainMilliseconds], [3_500, 1_500])
})

announcement('a run that is ended at once has not drained', async () => {
  const clock = manualClock()
  const options = { clock, ownsProcess: false }
  const kernel = await new Kernel([new Service({ adapters: [fakeAdapter()] })], options).start()
  await clock.advance(2 * second)
  const records = logged()
  kernel.force(9)
  await kernel.stopped
  quiet()
  assert.is(stops(records)[0]?.message, 'stopped after 2.0 s: exit code 9')
})

announcement('says it of a failure after the start, and of a stop while starting', async () => {
  const failing = { onStop: () => Promise.reject(new Error('no bus')) }
  for (const [options, code] of [
    [failing, 1],
    [{ onStart: ({ kernel }: { kernel: Kernel }) => void kernel.stop(5) }, 5],
  ] as const) {
    const records = logged('info')
    const kernel = new Kernel([new Service({ adapters: [fakeAdapter()], ...options })])
    await kernel.start().catch(() => {})
    await kernel.stop()
    quiet()
    const [stop, ...others] = stops(records)
    assert.equal([stop?.fields.exitCode, others], [code, []])
  }
})

announcement('leaves it to what start() rejects with when the start has failed', async () => {
  const records = logged('info')
  const onStart = () => Promise.reject(new Error('no database'))
  const failure = await failureOf(run(new Service({ adapters: [fakeAdapter()], onStart })))
  quiet()
  assert.equal([failure.message, records], ['no database', []])
})

announcement('leaves it to whoever owns the process, and says it at debug', async () => {
  const records = logged('debug')
  const service = new Service({ adapters: [fakeAdapter()] })
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  await kernel.stop()
  quiet()
  assert.equal(
    stops(records).map(({ level }) => level),
    ['debug'],
  )
  assert.not(records.some(({ level }) => level === 'info'))
})

announcement.run()
