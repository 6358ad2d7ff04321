import { Kernel, type ManualClock, manualClock, Service } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Deferred, deferred, fakeAdapter, turn } from '../fake-adapter.ts'
import { failureOf, logged, quiet, started } from '../started.ts'

const drain = suite('drain')
drain.before(quiet)

/** When the kernel stops, counted from the clock's start; it must do so within two minutes. */
async function stoppedAt(kernel: Kernel, clock: ManualClock): Promise<number> {
  let at: number | undefined
  kernel.stopped.then(() => {
    at = clock.now()
  })
  for (let second = 0; second < 120 && at === undefined; second++) await clock.advance(1_000)
  assert.type(at, 'number')
  return at as number
}

const forever = () => new Promise<void>(() => {})

drain('a stop with nothing to do takes no time', async () => {
  const clock = manualClock()
  const kernel = await started(new Service({ adapters: [fakeAdapter()] }), { clock })
  assert.is(await kernel.stop(), 0)
  assert.is(clock.pending, 0)
})

for (const [options, deadline] of [
  [{}, 25_000],
  [{ drainTimeout: 3_000 }, 3_000],
  [{ drainTimeout: 0 }, 0],
] as const) {
  drain(`with ${JSON.stringify(options)}, unfinished work is given back after ${deadline} ms`, async () => {
    const clock = manualClock()
    const adapter = fakeAdapter()
    const work = deferred()
    let signal: AbortSignal | undefined
    const service = new Service(options).on(adapter.source('work'), (context) => {
      signal = context.signal
      return work.promise
    })
    const kernel = await started(service, { clock })
    const { settlements } = adapter.send('work')
    const stopped = kernel.stop()
    await turn()
    if (deadline > 0) {
      await clock.advance(deadline - 1)
      assert.equal([kernel.state, settlements.length, signal?.aborted], ['draining', 0, false])
    }
    await clock.advance(1)
    assert.is(signal?.aborted, true)
    assert.equal(
      settlements.map((settlement) => settlement.state === 'released' && settlement.failed),
      [false],
      'given back; the try does not count',
    )
    work.resolve()
    assert.is(await stopped, 1, 'work was abandoned')
    assert.equal(adapter.calls, ['start', 'pause', 'close'])
    assert.is(settlements.length, 1)
    assert.is(clock.pending, 0)
  })
}

drain('of several services the longest drain timeout counts', async () => {
  const clock = manualClock()
  const adapter = fakeAdapter()
  const kernel = await started(
    [
      new Service({ drainTimeout: 1_000 }).on(adapter.source('a'), forever),
      new Service({ drainTimeout: 9_000 }).on(adapter.source('b'), () => {}),
    ],
    { clock },
  )
  const { settlements } = adapter.send('a')
  void kernel.stop()
  await clock.advance(8_999)
  assert.is(settlements.length, 0)
  await clock.advance(1)
  assert.is(settlements.length, 1)
  await stoppedAt(kernel, clock)
})

drain('a handler that ignores its signal is left behind a second after the deadline', async () => {
  const clock = manualClock()
  const adapter = fakeAdapter()
  const kernel = await started(new Service().on(adapter.source('work'), forever), { clock })
  adapter.send('work')
  const records = logged('error')
  const stopped = kernel.stop()
  assert.is(await stoppedAt(kernel, clock), 26_000)
  quiet()
  assert.is(await stopped, 1)
  assert.match(JSON.stringify(records), /1 unfinished deliveries were released at the drain deadline/)
  assert.equal(adapter.calls, ['start', 'pause', 'close'])
})

drain('work that waits in a mailbox is given back too, and never runs', async () => {
  const clock = manualClock()
  const adapter = fakeAdapter()
  let runs = 0
  const work = deferred()
  const service = new Service().on(
    adapter.source('work'),
    () => {
      runs++
      return work.promise
    },
    { concurrency: 1 },
  )
  const kernel = await started(service, { clock })
  const sent = [adapter.send('work'), adapter.send('work'), adapter.send('work')]
  const stopped = kernel.stop()
  await clock.advance(25_000)
  for (const { settlements } of sent) {
    assert.equal(
      settlements.map(({ state }) => state),
      ['released'],
    )
  }
  work.resolve()
  assert.is(await stopped, 1)
  assert.is(runs, 1)
})

drain('Infinity waits for as long as it takes', async () => {
  const clock = manualClock()
  const adapter = fakeAdapter()
  const work = deferred()
  const service = new Service({ drainTimeout: Number.POSITIVE_INFINITY })
  const kernel = await started(
    service.on(adapter.source('work'), () => work.promise),
    { clock },
  )
  const { settled } = adapter.send('work')
  const stopped = kernel.stop()
  await clock.advance(3_600_000)
  assert.is(kernel.state, 'draining')
  work.resolve()
  assert.is((await settled).state, 'acked')
  assert.is(await stopped, 0)
})

drain('a drain timeout that is no time is an error that names it', async () => {
  for (const drainTimeout of [-1, Number.NaN]) {
    const failure = await failureOf((async () => new Service({ drainTimeout }))())
    assert.match(
      failure.message,
      `the option Service.drainTimeout must be a duration up to 24d, such as 500 (milliseconds), "20s" or "5m", or Infinity, not ${drainTimeout}`,
    )
  }
})

for (const [what, options, calls, timeouts] of [
  ['an onStopping hook', { onStopping: forever }, ['start', 'pause', 'close'], ['onStopping or pause']],
  ['an onStop hook', { onStop: forever }, ['start', 'pause', 'close'], ['onStop']],
] as const) {
  drain(`${what} that hangs is left behind, and strands nothing else`, async () => {
    const clock = manualClock()
    const adapter = fakeAdapter()
    const kernel = await started(new Service({ ...options, adapters: [adapter] }), { clock })
    const records = logged('error')
    const stopped = kernel.stop()
    assert.ok((await stoppedAt(kernel, clock)) <= 29_000)
    quiet()
    assert.is(await stopped, 1)
    assert.equal(adapter.calls, calls)
    assert.is(clock.pending, 0)
    for (const step of timeouts) assert.match(JSON.stringify(records), `${step} did not finish in time`)
  })
}

for (const step of ['pause', 'close'] as const) {
  drain(`an adapter whose ${step} hangs strands no other, and onStop still runs`, async () => {
    const clock = manualClock()
    const stuck = fakeAdapter({ name: 'stuck', on: { [step]: forever } })
    const good = fakeAdapter({ name: 'good' })
    let stoppedHooks = 0
    const service = new Service({ adapters: [stuck, good], onStop: () => void stoppedHooks++ })
    const kernel = await started(service, { clock })
    const stopped = kernel.stop()
    assert.ok((await stoppedAt(kernel, clock)) <= 29_000)
    assert.is(await stopped, 1)
    assert.equal(good.calls, ['start', 'pause', 'close'])
    assert.equal(stuck.calls, ['start', 'pause', 'close'])
    assert.is(stoppedHooks, 1)
  })
}

for (const [how, ends] of [
  ['never ends', () => {}],
  ['ends after that', (start: Deferred) => start.resolve()],
  ['fails after that', (start: Deferred) => start.reject(new Error('given up'))],
] as const) {
  drain(`an adapter whose start ${how} is closed at the drain deadline, and the others before`, async () => {
    const clock = manualClock()
    const start = deferred()
    const journal: string[] = []
    const stuck = fakeAdapter({ name: 'stuck', journal, on: { start: () => start.promise } })
    const good = fakeAdapter({ name: 'good', journal })
    const service = new Service({ adapters: [stuck, good], onStop: () => void journal.push('onStop') })
    const kernel = new Kernel([service], { ownsProcess: false, clock })
    const starting = failureOf(kernel.start())
    await turn()
    const stopped = kernel.stop()
    assert.is(await stoppedAt(kernel, clock), 25_000)
    assert.is(await stopped, 1)
    assert.is(((await starting) as { code?: string }).code, 'STEP_TIMEOUT')
    const closed = ['stuck start', 'good start', 'good pause', 'stuck close', 'good close', 'onStop']
    assert.equal(journal, closed)
    ends(start)
    await turn()
    assert.equal(journal, how === 'never ends' ? closed : [...closed, 'stuck close'])
  })
}

drain('onStop hooks have a second, however long everything before has taken', async () => {
  const clock = manualClock()
  const stuck = fakeAdapter({ on: { pause: forever, close: forever } })
  let done = 0
  const onStop = async () => {
    await new Promise<void>((resolve) => void clock.setTimeout(resolve, 950))
    done++
  }
  const service = new Service({ onStopping: forever, onStop }).on(stuck.source('work'), forever)
  const kernel = await started(service, { clock })
  stuck.send('work')
  const stopped = kernel.stop()
  assert.ok((await stoppedAt(kernel, clock)) <= 29_000)
  assert.is(await stopped, 1)
  assert.is(done, 1)
})

drain('29 seconds after the stop it is over, whatever hangs', async () => {
  const clock = manualClock()
  const stuck = fakeAdapter({ on: { pause: forever, close: forever } })
  const service = new Service({ onStopping: forever, onStop: forever })
  const kernel = await started(service.on(stuck.source('work'), forever), { clock })
  stuck.send('work')
  await clock.advance(60_000)
  const stopped = kernel.stop()
  assert.is((await stoppedAt(kernel, clock)) - 60_000, 29_000)
  assert.is(await stopped, 1)
})

drain.run()
