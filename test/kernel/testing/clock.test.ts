import { mock } from 'node:test'
import { manualClock, Retry, Service } from 'tomodachi'
import { systemClock } from 'tomodachi/adapter-kit'
import { MemoryBroker, memory } from 'tomodachi/memory'
import { schedule } from 'tomodachi/schedule'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fakeAdapter, turn } from '../fake-adapter.ts'
import { quiet, started } from '../started.ts'

const clocks = suite('clocks')
clocks.before(quiet)
clocks.after.each(() => mock.timers.reset())

const hour = 3_600_000

/** Lets everything go on that neither waits for a timer nor for the outside world. */
async function turns(): Promise<void> {
  for (let count = 0; count < 10; count++) await turn()
}

clocks(
  'a manual clock: the wall can be set without time passing, and time can pass with the process standing still',
  async () => {
    const clock = manualClock(1_000)
    let fired = 0
    clock.setTimeout(() => void fired++, 100)
    clock.set(0)
    assert.equal([clock.now(), clock.monotonic(), fired], [0, 0, 0])
    await clock.advance(99)
    assert.equal([clock.now(), clock.monotonic(), fired], [99, 99, 0])
    clock.block(5_000)
    assert.equal([clock.now(), clock.monotonic(), fired], [5_099, 5_099, 0])
    await clock.advance(0)
    assert.equal([clock.now(), clock.monotonic(), fired], [5_099, 5_099, 1])
  },
)

clocks('the system clock waits longer than a timer of node holds, also without end', () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  const wait = 3 * 2 ** 31
  let fired = 0
  systemClock.setTimeout(() => void fired++, wait)
  systemClock.clearTimeout(systemClock.setTimeout(() => assert.unreachable(), wait))
  const endless = systemClock.setTimeout(() => assert.unreachable(), Number.POSITIVE_INFINITY)
  for (let piece = 0; piece < 3; piece++) mock.timers.tick(2 ** 31 - 1)
  assert.is(fired, 0)
  mock.timers.tick(3)
  assert.is(fired, 1)
  systemClock.clearTimeout(endless)
})

/** What fake timers replace: those of node and older vitest leave `performance` alone. */
for (const apis of [['setTimeout'], ['setTimeout', 'Date']] as const) {
  const faked = apis.join(' and ')
  clocks(`fake timers (${faked}): intervals tick`, async () => {
    mock.timers.enable({ apis: [...apis] })
    let ticks = 0
    const service = new Service().on(schedule().every('5s'), () => void ticks++)
    const kernel = await started(service)
    for (let second = 0; second < 20; second++) {
      mock.timers.tick(1_000)
      await turns()
    }
    assert.is(ticks, 4)
    await kernel.stop()
  })

  clocks(`fake timers (${faked}): retries and delays of the memory bus come`, async () => {
    mock.timers.enable({ apis: [...apis] })
    const bus = memory()
    const seen: unknown[] = []
    const service = new Service().on(bus.topic('t'), ({ data, attempt }) => {
      seen.push(`${data} ${attempt}`)
      if (attempt < 3) throw new Retry({ after: 60_000 })
    })
    const kernel = await started(service)
    await bus.publish('t', 'a')
    await bus.publish('t', 'b', { delay: 90_000 })
    await turns()
    assert.equal(seen, ['a 1'])
    for (let second = 0; second < 125; second++) {
      mock.timers.tick(1_000)
      await turns()
    }
    assert.equal(seen, ['a 1', 'a 2', 'b 1', 'a 3'])
    await kernel.stop()
  })

  clocks(`fake timers (${faked}): the drain deadline comes`, async () => {
    mock.timers.enable({ apis: [...apis] })
    const adapter = fakeAdapter({ on: { close: () => new Promise(() => {}) } })
    const service = new Service({ drainTimeout: 10_000 }).on(adapter.source('a'), () => new Promise(() => {}))
    const kernel = await started(service)
    const { settlements } = adapter.send('a')
    const stopped = kernel.stop()
    await turns()
    // What really passes meanwhile counts as well.
    mock.timers.tick(8_000)
    await turns()
    assert.is(settlements.length, 0)
    for (let second = 0; second < 8; second++) {
      mock.timers.tick(1_000)
      await turns()
    }
    assert.is(settlements.length, 1)
    assert.is(await stopped, 1)
  })
}

clocks('fake timers (setTimeout and Date): cron ticks by the fake date', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.parse('2026-01-01T09:59:30Z') })
  const ticks: string[] = []
  const timer = schedule({ timezone: 'UTC' })
  const note = ({ firedAt }: { firedAt: Date }) => void ticks.push(firedAt.toISOString())
  const kernel = await started(new Service().on(timer.minutely(), note).on(timer.at('10:01'), note))
  for (let second = 0; second < 120; second++) {
    mock.timers.tick(1_000)
    await turns()
  }
  assert.equal(ticks, ['2026-01-01T10:00:00.000Z', '2026-01-01T10:01:00.000Z', '2026-01-01T10:01:00.000Z'])
  await kernel.stop()
})

/** Fake timers in the way of @sinonjs/fake-timers: every global, `performance` too, from another beginning. */
async function withReplacedGlobals(
  work: (tick: (ms: number) => Promise<void>) => Promise<void>,
): Promise<void> {
  const clock = manualClock(Date.parse('2026-01-01T00:00:00Z'))
  const { setTimeout, clearTimeout } = globalThis
  const [dateNow, performanceNow] = [Date.now, performance.now]
  globalThis.setTimeout = clock.setTimeout as never
  globalThis.clearTimeout = clock.clearTimeout as never
  Date.now = clock.now
  performance.now = clock.monotonic
  try {
    await work((ms) => clock.advance(ms))
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout })
    Date.now = dateNow
    performance.now = performanceNow
  }
}

clocks('fake timers that come after the start: what runs goes on', async () => {
  const bus = memory()
  let [ticks, handled] = [0, 0]
  const service = new Service()
    .on(schedule().every('5s', { immediately: true }), () => void ticks++)
    .on(bus.topic('t'), () => void handled++)
  const kernel = await started(service)
  await withReplacedGlobals(async (tick) => {
    await bus.publish('t', 'x', { delay: 60_000 })
    await tick(59_999)
    assert.is(handled, 0)
    await tick(1)
    await turns()
    assert.is(handled, 1)
    const again = schedule().every('5s')
    let counted = 0
    const other = await started(new Service().on(again, () => void counted++))
    await tick(20_000)
    assert.is(counted, 4)
    await other.stop()
  })
  assert.is(ticks, 1)
  await kernel.stop()
})

for (const jump of [-hour, hour, -400 * 24 * hour]) {
  clocks(
    `a clock that is set by ${jump / hour} h changes neither waits of the memory bus nor deadlines of a stop`,
    async () => {
      const clock = manualClock(Date.parse('2026-01-01T00:00:00Z'))
      const bus = memory({ broker: new MemoryBroker({ clock }) })
      const adapter = fakeAdapter({ on: { close: () => new Promise(() => {}) } })
      const attempts: number[] = []
      const service = new Service({ drainTimeout: 5_000 })
        .on(bus.topic('t', { retry: { backoff: { first: 1_000, jitter: 0 } } }), ({ attempt }) => {
          attempts.push(attempt)
          if (attempt < 2) throw new Error('not yet')
        })
        .on(adapter.source('a'), () => new Promise(() => {}))
      const kernel = await started(service, { clock })
      const setBack = () => clock.set(clock.now() + jump)
      await bus.publish('t', 'x')
      await turns()
      setBack()
      await bus.publish('t', 'y', { delay: 2_000 })
      await clock.advance(999)
      await turns()
      assert.equal(attempts, [1])
      await clock.advance(1)
      await turns()
      assert.equal(attempts, [1, 2])

      adapter.send('a')
      const beganAt = clock.monotonic()
      let endedAt = 0
      const stopped = kernel.stop().then((code) => {
        endedAt = clock.monotonic() - beganAt
        return code
      })
      await turns()
      setBack()
      for (let second = 0; second < 20 && endedAt === 0; second++) await clock.advance(1_000)
      assert.is(await stopped, 1)
      assert.ok(endedAt >= 5_000 && endedAt <= 10_000, `it has ended after ${endedAt} ms`)
    },
  )
}

clocks.run()
