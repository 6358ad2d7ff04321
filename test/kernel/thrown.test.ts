// time limit: 120 s
import fc from 'fast-check'
import { captureLogs, configureLogging, guard, type Middleware, reply, Service, use } from 'tomodachi'
import { reasonOf } from 'tomodachi/adapter-kit'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { brokenThenables, thrownValues } from '../hostile.ts'
import { fakeAdapter } from './fake-adapter.ts'
import { failureOf, logged, quiet, started } from './started.ts'
import { acked, through } from './through.ts'

const test = suite('thrown values')
test.before.each(quiet)
test.after.each(quiet)

const throwing = (make: () => unknown) => (): never => {
  throw make()
}

/** Functions of a user's that fail in every way. */
const failing: readonly (() => never)[] = [
  ...thrownValues.flatMap(([, make]) => [throwing(make), (async () => throwing(make)()) as never]),
  ...brokenThenables.map(([, make]) => make as () => never),
]

test('whatever is thrown has a reason: a text of bounded length', () => {
  for (const [name, make] of thrownValues) {
    const reason = reasonOf(make())
    assert.type(reason, 'string', name)
    assert.ok(reason.length < 10_100, name)
  }
  assert.is(reasonOf(JSON.parse('{"toString":1}')), 'a value that cannot be shown')
  assert.is(reasonOf(Symbol('x')), 'Symbol(x)')
  assert.match(reasonOf('😀'.repeat(5_001)), /^(😀){5000}… \[cut, 10002 characters in all\]$/u)
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true }), (value) => typeof reasonOf(value) === 'string'),
  )
})

for (const [name, make] of thrownValues) {
  for (const [place, build] of [
    ['a handler', (service, source) => service.on(source, throwing(make))],
    ['an async handler', (service, source) => service.on(source, async () => throwing(make)())],
    ['orderBy', (service, source) => service.on(source, () => 1, { orderBy: throwing(make) })],
    ['a middleware', (service, source) => service.on(source, () => 1, { use: [throwing(make) as never] })],
    ['a guard', (service, source) => service.on(source, () => 1, { use: [guard(throwing(make)) as never] })],
  ] as readonly (readonly [string, Parameters<typeof through>[0]])[]) {
    test(`${name}, thrown by ${place}: settled once, with a reason`, async () => {
      const settlement = await through(build)
      assert.is(settlement.state, 'dropped')
      assert.type((settlement as { reason: string }).reason, 'string')
    })
  }
}

for (const [name, make] of brokenThenables) {
  test(`${name}, returned by a handler or a middleware: a failure, once, and the mailbox goes on`, async () => {
    const adapter = fakeAdapter()
    const source = adapter.source<{ readonly id: number }>('work')
    let running = 0
    const handler = ({ id }: { readonly id: number }) => {
      assert.is(++running, 1, 'one at a time')
      running--
      return id === 0 ? (make() as never) : id
    }
    const kernel = await started(new Service().on(source, handler, { concurrency: 1 }))
    assert.is((await adapter.send('work', { id: 0 }).settled).state, 'dropped')
    assert.equal(await adapter.send('work', { id: 1 }).settled, acked(1))
    await kernel.stop()
    const middleware = (() => make()) as unknown as Middleware
    const settlement = await through((service, one) => service.on(one, () => 1, { use: [middleware] }))
    assert.is(settlement.state, 'dropped')
  })
}

test('a thenable that calls back twice settles once, and lets the mailbox run no more than before', async () => {
  const adapter = fakeAdapter()
  const source = adapter.source<{ readonly id: number }>('work')
  let [running, most] = [0, 0]
  const twice = {
    // biome-ignore lint/suspicious/noThenProperty: what is tried
    then(fulfil: (value: unknown) => void, reject: (error: unknown) => void) {
      fulfil('first')
      fulfil('second')
      reject(new Error('third'))
      throw new Error('fourth')
    },
  }
  const service = new Service().on(
    source,
    async ({ id }) => {
      most = Math.max(most, ++running)
      await new Promise(setImmediate)
      running--
      return id === 0 ? (twice as never) : id
    },
    { concurrency: 1 },
  )
  const kernel = await started(service)
  const sent = [0, 0, 1, 2, 3].map((id) => adapter.send('work', { id }).settled)
  assert.equal(await Promise.all(sent), ['first', 'first', 1, 2, 3].map(acked))
  assert.is(most, 1)
  await kernel.stop()
})

test('a lazy promise is started, as await would', async () => {
  class Lazy extends Promise<number> {
    // biome-ignore lint/suspicious/noThenProperty: what is tried
    override then(...args: never[]): never {
      return Promise.resolve(7).then(...args) as never
    }
  }
  const settlement = await through((service, source) => service.on(source, () => new Lazy(() => {}) as never))
  assert.equal(settlement, acked(7))
})

test('a key of orderBy that is a promise is a failure with a sentence, and its rejection ends nothing', async () => {
  for (const orderBy of [async () => 1, async () => Promise.reject(Object.create(null))]) {
    const settlement = await through((service, source) => service.on(source, () => 1, { orderBy }))
    assert.match(
      (settlement as { reason: string }).reason,
      /orderBy must be a function that returns its key at once/,
    )
  }
})

for (const what of ['onStart', 'onStarted', 'onStopping', 'onStop'] as const) {
  test(`${what} may throw or return anything: the kernel stops with 1`, async () => {
    for (const one of failing) {
      const starting = started(new Service({ [what]: one }).on(fakeAdapter().source('work'), () => 1))
      if (what === 'onStart' || what === 'onStarted') await assertRejects(starting)
      else assert.is(await (await starting).stop(), 1)
    }
  })
}

async function assertRejects(promise: Promise<unknown>): Promise<void> {
  assert.is(
    await promise.then(
      () => 'fulfilled',
      () => 'rejected',
    ),
    'rejected',
  )
}

test('listeners of the bus may throw or return anything', async () => {
  const adapter = fakeAdapter()
  const kernel = await started(new Service().on(adapter.source('work'), () => 1))
  for (const event of ['received', 'settled', 'lifecycle'] as const)
    for (const listener of failing) kernel.bus.on(event, listener)
  assert.equal(await adapter.send('work', {}).settled, acked(1))
  assert.is(await kernel.stop(), 0)
})

test('a failure rule that throws gives way to the standard one', async () => {
  const records = logged()
  for (const [, make] of thrownValues) {
    const adapter = fakeAdapter()
    const source = adapter.source('work', { failed: throwing(make) })
    const kernel = await started(new Service().on(source, throwing(make)))
    const settlement = await adapter.send('work', {}).settled
    assert.equal([settlement.state, (settlement as { failed: boolean }).failed], ['released', true])
    await kernel.stop()
  }
  assert.ok(records.some(({ message }) => message.startsWith('the rule for failures failed itself')))
})

test('a logger of your own may throw or return anything, and is given anything', async () => {
  for (const [index, method] of failing.entries()) {
    const [, make] = thrownValues[index % thrownValues.length] as (typeof thrownValues)[number]
    configureLogging({ logger: { info: method, warn: method, error: method } })
    const settlement = await through((service, source) =>
      service.on(source, ({ log }) => {
        log.error(make() as string, make() as never)
        throw make()
      }),
    )
    assert.is(settlement.state, 'dropped')
  }
})

test('captured logs and warnings take anything', () => {
  logged()
  const undo = captureLogs({ uncaught: false })
  try {
    for (const [, make] of thrownValues) {
      console.log(make())
      console.error('%s %o', make(), make())
      process.emit('warning', make() as never)
    }
  } finally {
    undo()
  }
})

test('whatever a handler or a middleware replies settles the delivery: what cannot be awaited is a failure', async () => {
  for (const [name, make] of thrownValues) {
    const value = make()
    const replying = async () => reply(value)
    for (const settlement of [
      await through((service, source) => service.on(source, () => value as never)),
      await through((service, source) => service.on(source, () => 1, { use: [replying] })),
    ]) {
      if (settlement.state === 'acked') assert.ok(Object.is(settlement.reply, value), name)
      else assert.match((settlement as { reason: string }).reason, /^the trap$|revoked$/, name)
    }
  }
})

test('a start that a hook fails rejects with what it threw', async () => {
  const thrown = Object.create(null)
  const source = fakeAdapter().source('work')
  const service = new Service({ use: use(async (_, next) => next()), onStart: throwing(() => thrown) }).on(
    source,
    () => 1,
  )
  assert.is(await failureOf(started(service)), thrown)
})

test.run()
