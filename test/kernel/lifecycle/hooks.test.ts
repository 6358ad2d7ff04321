import { readFileSync } from 'node:fs'
import { type HookContext, type Hooks, Kernel, manualClock, Service } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deferred, fakeAdapter, turn } from '../fake-adapter.ts'
import { failureOf, logged, quiet, started } from '../started.ts'

interface Fixture {
  readonly orders: readonly { readonly case: string; readonly order?: string[]; readonly exit?: number }[]
  readonly exit_codes: Readonly<Record<string, unknown>>
}
const fixture = JSON.parse(
  readFileSync(new URL('../../fixtures/lifecycle.json', import.meta.url), 'utf8'),
) as Fixture

/** What the recorded names are called here. */
const ourNames: Readonly<Record<string, string>> = {
  _start_service: 'onStart',
  _started_service: 'onStarted',
  _stopping_service: 'onStopping',
  _stop_service: 'onStop',
}

/** The recorded order of a case, in our names; onStopping, which recordings of plain stops leave out, as given. */
function recorded(start: string): string[] {
  const found = fixture.orders.find((entry) => entry.case.startsWith(start))
  return (found?.order ?? []).map((name) => ourNames[name] ?? name)
}

const withoutStopping = (journal: readonly string[]) => journal.filter((entry) => entry !== 'onStopping')

/** Hooks that note that they were called, then do what `on` says. */
function noting(journal: string[], on: Hooks = {}): Required<Hooks> {
  const hook = (name: keyof Hooks) => (context: HookContext) => {
    journal.push(name)
    return on[name]?.(context)
  }
  return {
    onStart: hook('onStart'),
    onStarted: hook('onStarted'),
    onStopping: hook('onStopping'),
    onStop: hook('onStop'),
  }
}

const hooks = suite('hooks')
hooks.before(quiet)

hooks('run in the recorded order without a request', async () => {
  const journal: string[] = []
  const api = fakeAdapter()
  const kernel = await started(new Service(noting(journal)).on(api.source('/'), () => {}))
  assert.is(await kernel.stop(), 0)
  assert.equal(withoutStopping(journal), recorded('HTTP service, no request'))
  assert.equal(journal, ['onStart', 'onStarted', 'onStopping', 'onStop'])
})

hooks('run in the recorded order around a request', async () => {
  const journal: string[] = []
  const api = fakeAdapter()
  const service = new Service(noting(journal)).on(api.source('/'), () => void journal.push('index'))
  const kernel = await started(service)
  await api.send('/').settled
  await kernel.stop()
  assert.equal(withoutStopping(journal), recorded('HTTP service, request after start'))
})

hooks('no adapter listens while onStart still runs', async () => {
  const ready = deferred()
  const api = fakeAdapter()
  const running = started(new Service({ onStart: () => ready.promise }).on(api.source('/'), () => {}))
  await turn()
  assert.equal(api.calls, [])
  ready.resolve()
  const kernel = await running
  assert.equal(api.calls, ['start'])
  await kernel.stop()
})

hooks('run in the recorded order around ticks that begin when started', async () => {
  const journal: string[] = []
  const clock = manualClock()
  const timer = fakeAdapter({
    on: {
      start: async () => {
        const tick = () => {
          if (!timer.calls.includes('pause')) timer.send('5s')
          if (!timer.calls.includes('close')) clock.setTimeout(tick, 5_000)
        }
        clock.setTimeout(tick, 0)
      },
    },
  })
  const onStart = () => new Promise<void>((resolve) => void clock.setTimeout(resolve, 2_000))
  const service = new Service(noting(journal, { onStart })).on(
    timer.source('5s'),
    () => void journal.push('every_fifth_second'),
  )
  const running = started(service, { clock })
  await clock.advance(8_000)
  const kernel = await running
  journal.push('stop_service')
  await kernel.stop()
  assert.equal(journal, recorded("@schedule('5 seconds'"))
})

hooks('run in the recorded order when the port is taken, and the exit code is 1', async () => {
  const journal: string[] = []
  const api = fakeAdapter({ on: { start: () => Promise.reject(new Error('port taken')) } })
  const kernel = new Kernel([new Service(noting(journal)).on(api.source('/'), () => {})], {
    ownsProcess: false,
  })
  assert.is((await failureOf(kernel.start())).message, 'port taken')
  assert.equal(withoutStopping(journal), recorded('bind error'))
  assert.is(await kernel.stopped, fixture.exit_codes['bind error'])
  assert.equal(api.calls, ['start', 'close'])
})

hooks('a stop with a request in flight goes in the recorded order, and the request is answered', async () => {
  const journal: string[] = []
  const handled = deferred()
  const api = fakeAdapter()
  const service = new Service(noting(journal)).on(api.source('/slow'), async () => {
    await handled.promise
    journal.push('handler done')
  })
  const kernel = await started(service)
  const { settled } = api.send('/slow')
  const stopped = kernel.stop()
  await turn()
  assert.equal(api.calls, ['start', 'pause'], 'takes nothing new, and is not closed')
  handled.resolve()
  assert.is((await settled).state, 'acked')
  assert.is(await stopped, 0)
  assert.equal(journal.slice(2), ['onStopping', 'handler done', 'onStop'])
})

for (const [name, recordedAs] of [
  ['onStart', '_start_service raises'],
  ['onStarted', '_started_service raises'],
] as const) {
  for (const way of ['throws', 'rejects'] as const) {
    hooks(`${name} that ${way}: the recorded exit code, and what was started is closed`, async () => {
      const api = fakeAdapter()
      const journal: string[] = []
      const fail = () => {
        if (way === 'throws') throw new Error('no database')
        return Promise.reject(new Error('no database'))
      }
      const service = new Service(noting(journal, { [name]: fail })).on(api.source('/'), () => {})
      const kernel = new Kernel([service], { ownsProcess: false })
      assert.is((await failureOf(kernel.start())).message, 'no database')
      assert.is(await kernel.stopped, fixture.exit_codes[recordedAs])
      assert.is(journal.at(-1), 'onStop')
      assert.equal(api.calls, name === 'onStart' ? [] : ['start', 'pause', 'close'])
    })
  }
}

for (const name of ['onStopping', 'onStop'] as const) {
  hooks(`${name} that throws: exit code 1, logged, everything else is done all the same`, async () => {
    const api = fakeAdapter()
    const journal: string[] = []
    const fail = () => {
      throw new Error('no bus')
    }
    const failing = new Service(noting(journal, { [name]: fail })).on(api.source('/a'), () => {})
    const other = new Service(noting(journal)).on(api.source('/b'), () => {})
    const kernel = await started([failing, other])
    const records = logged()
    assert.is(await kernel.stop(), 1)
    quiet()
    assert.is(journal.filter((entry) => entry === name).length, 2)
    assert.equal(journal.slice(-2), ['onStop', 'onStop'])
    assert.equal(api.calls, ['start', 'pause', 'close'])
    const errors = records.filter(({ level }) => level === 'error')
    assert.is(errors.length, 1)
    assert.match(JSON.stringify(errors[0]), /no bus/)
  })
}

hooks('onStart that fails after the stop has come: exit code 1', async () => {
  const ready = deferred()
  const kernel = new Kernel([new Service({ onStart: () => ready.promise, adapters: [fakeAdapter()] })], {
    ownsProcess: false,
  })
  const failure = failureOf(kernel.start())
  const stopped = kernel.stop()
  await turn()
  assert.is(kernel.state, 'stopping', 'onStop may free what onStart still makes')
  ready.reject(new Error('too late'))
  assert.is(await stopped, 1)
  assert.is((await failure).message, 'too late')
})

hooks('every recorded exit code is one of ours, or of the command line', async () => {
  assert.is(await (await started(new Service({ adapters: [fakeAdapter()] }))).stop(7), 7)
  const none = new Kernel([new Service()], { ownsProcess: false })
  assert.is((await failureOf(none.start())).code, 'NO_HANDLERS')
  // A signal, exit() and an error at the top of a program: see signals.test.ts. Files: see the command line's tests.
  assert.equal(Object.keys(fixture.exit_codes), [
    ...['SIGTERM', 'SIGINT', 'exit()', 'exit(7)', 'SERVICE_EXIT_CODE=128 then exit', 'no handlers'],
    ...['__init__ raises', '_start_service raises', '_started_service raises', 'no such file'],
    ...['syntax error', 'import error', 'bind error', 'amqp refused', 'bad interval', 'bad CLI usage'],
  ])
})

hooks.run()
