import { Service, type Settlement } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Deferred, deferred, fakeAdapter, turn } from '../fake-adapter.ts'
import { logged, quiet, started } from '../started.ts'

const settlement = suite('settlement')
settlement.before(quiet)

/** A running service with one handler of `work`. */
async function working(
  handler: (context: { readonly signal: AbortSignal }) => unknown,
  settle?: (settlement: Settlement) => void | Promise<void>,
) {
  const adapter = fakeAdapter(settle ? { settle } : {})
  const kernel = await started(new Service().on(adapter.source('work'), handler))
  return { kernel, adapter, send: () => adapter.send('work') }
}

function reasonOf(signal: AbortSignal | undefined): readonly unknown[] {
  const { name, message } = signal?.reason ?? {}
  return [name, message]
}

for (const [kind, handler] of [
  ['at once', () => 'done'],
  ['later', async () => 'done'],
  // biome-ignore lint/suspicious/noThenProperty: a thenable counts as a promise, as for await
  ['as a thenable', () => ({ then: (resolve: (value: string) => void) => resolve('done') })],
] as const) {
  settlement(`what a handler returns ${kind} is the reply`, async () => {
    const { kernel, send } = await working(handler)
    assert.equal(await send().settled, { state: 'acked', reply: 'done' })
    await kernel.stop()
  })
}

settlement('without a rule for failures, a failed delivery is dropped with its error', async () => {
  const error = new Error('no stock')
  const { kernel, send } = await working(() => Promise.reject(error))
  assert.equal(await send().settled, { state: 'dropped', reason: 'no stock', error })
  await kernel.stop()
})

settlement('the source says what becomes of a failure, and is told which try it was', async () => {
  const adapter = fakeAdapter()
  const failed = (error: unknown, attempt: number) =>
    ({ state: 'deadLettered', reason: `${error} at ${attempt}` }) as const
  const service = new Service().on(adapter.source('work', { failed }), () => Promise.reject('boom'))
  const kernel = await started(service)
  const { settled } = adapter.send('work', {}, { attempt: 3 })
  assert.equal(await settled, { state: 'deadLettered', reason: 'boom at 3' })
  await kernel.stop()
})

settlement('the source is told whether the failure is one of the payload, or of the handling', async () => {
  const adapter = fakeAdapter()
  const failed = (error: unknown, _: number, handled?: boolean) =>
    ({ state: 'dropped', reason: `${error} ${handled ? 'when handled' : 'before'}` }) as const
  const refusing = (prepare: () => void | Promise<void>) => ({ failed, prepare })
  const boom = () => Promise.reject('boom')
  const service = new Service()
    .on(adapter.source('handled', { failed }), boom)
    .on(
      adapter.source(
        'handled later',
        refusing(async () => {}),
      ),
      boom,
    )
    .on(adapter.source('guarded', { failed }), () => {}, { use: [boom] })
    .on(adapter.source('invalid', refusing(boom)), () => {})
    .on(adapter.source('unordered', { failed, orderBy: () => assert.unreachable('boom') }), () => {})
  const kernel = await started(service)
  const reasonOf = async (address: string, failure?: Error) => {
    const settlement = await adapter.send(address, {}, failure ? { failure } : {}).settled
    return 'reason' in settlement && settlement.reason
  }
  assert.is(await reasonOf('handled'), 'boom when handled')
  assert.is(await reasonOf('handled later'), 'boom when handled')
  assert.is(await reasonOf('guarded'), 'boom when handled')
  assert.is(await reasonOf('invalid'), 'boom before')
  assert.is(await reasonOf('unordered'), 'Assertion: boom before')
  assert.is(await reasonOf('handled', new Error('unreadable')), 'Error: unreadable before')
  await kernel.stop()
})

settlement('a payload that could not be read fails without being handled', async () => {
  let handled = false
  const { kernel, adapter } = await working(() => {
    handled = true
  })
  const failure = new Error('no JSON')
  const { settled, delivery } = adapter.send('work', {}, { failure })
  assert.equal(await settled, { state: 'dropped', reason: 'no JSON', error: failure })
  assert.is(handled || delivery.started, false)
  await kernel.stop()
})

settlement('prepare completes what the handler is given; its failure is that of the delivery', async () => {
  const adapter = fakeAdapter()
  const prepare = async (given: { value?: number; bad?: boolean }) => {
    if (given.bad) throw new Error('does not fit')
    given.value = 42
  }
  const source = adapter.source<{ value: number }>('work', { prepare: prepare as never })
  const kernel = await started(new Service().on(source, ({ value }) => value))
  assert.equal(await adapter.send('work').settled, { state: 'acked', reply: 42 })
  assert.is((await adapter.send('work', { bad: true }).settled).state, 'dropped')
  await kernel.stop()
})

for (const [how, end] of [
  ['returns', (work: Deferred) => work.resolve()],
  ['throws', (work: Deferred) => work.reject(new Error('too late'))],
] as const) {
  settlement(`cancel releases, aborts the signal, and what the handler ${how} later is ignored`, async () => {
    const work = deferred()
    let signal: AbortSignal | undefined
    const { kernel, send } = await working((context) => {
      signal = context.signal
      return work.promise
    })
    const { delivery, settlements } = send()
    assert.is(signal?.aborted, false)
    delivery.cancel('the channel is lost')
    delivery.cancel('again')
    assert.is(signal?.aborted, true)
    assert.equal(reasonOf(signal), ['AbortError', 'the channel is lost'])
    end(work)
    await turn()
    const released = { state: 'released', failed: false, after: 0, reason: 'the channel is lost' }
    assert.equal(settlements, [released])
    assert.is(await kernel.stop(), 0)
  })
}

settlement('a signal that is first read after the cancel is aborted, for the same reason', async () => {
  const cancelled = deferred()
  const signals: AbortSignal[] = []
  const { kernel, send } = await working(async (context) => {
    await cancelled.promise
    signals.push(context.signal)
  })
  send().delivery.cancel('the lease is lost')
  cancelled.resolve()
  await turn()
  assert.is(signals[0]?.aborted, true)
  assert.equal(reasonOf(signals[0]), ['AbortError', 'the lease is lost'])
  await kernel.stop()
})

settlement('cancel after the end changes nothing', async () => {
  const signals: AbortSignal[] = []
  const { kernel, send } = await working(({ signal }) => void signals.push(signal))
  const { delivery, settlements } = send()
  delivery.cancel('too late')
  assert.equal(
    settlements.map(({ state }) => state),
    ['acked'],
  )
  assert.is(signals[0]?.aborted, false)
  await kernel.stop()
})

for (const [how, settle] of [
  ['rejects', () => Promise.reject(new Error('broker is gone'))],
  [
    'throws',
    () => {
      throw new Error('broker is gone')
    },
  ],
] as const) {
  settlement(`telling the transport ${how}: logged, and the delivery is finished`, async () => {
    const records = logged()
    const { kernel, send } = await working(() => 'done', settle)
    const { settlements } = send()
    assert.is(await kernel.stop(), 0)
    quiet()
    assert.is(settlements.length, 1)
    const errors = records.filter(({ level }) => level === 'error')
    assert.equal(
      errors.map(({ message }) => message),
      ['the settlement could not be carried out'],
    )
    assert.match(JSON.stringify(errors[0]), /"settlement":"acked".*broker is gone/)
  })
}

settlement('a stop waits until the transport has been told', async () => {
  const told = deferred()
  const { kernel, send } = await working(
    () => 'done',
    () => told.promise,
  )
  send()
  const stopped = kernel.stop()
  await turn()
  assert.is(kernel.state, 'draining')
  told.resolve()
  assert.is(await stopped, 0)
})

settlement.run()
