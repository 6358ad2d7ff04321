import { readFileSync } from 'node:fs'
import {
  type HandlerContext,
  type Middleware,
  type Next,
  reply,
  Service,
  TomodachiError,
  use,
} from 'tomodachi'
import { memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deferred, turn } from '../fake-adapter.ts'
import { quiet, started } from '../started.ts'
import { acked, through } from '../through.ts'

const fixture = JSON.parse(readFileSync(new URL('../../fixtures/middleware.json', import.meta.url), 'utf8'))

const middleware = suite('middleware')
middleware.before(quiet)

middleware('the recorded chain of a message gives the handler the recorded values', async () => {
  const { observed } = fixture.amqp_chain
  type Values = { aValue: number; called: readonly string[] }
  const bus = memory()
  const topicOf = bus
    .use(async (context, next) => {
      assert.equal(context.data, 'data')
      assert.is(context.topic, observed.m0.routing_key)
      return next({ initial: 5, aValue: 5, called: ['m0'] })
    })
    .use(async ({ aValue, called }, next) => {
      assert.equal({ a_value: aValue, called }, observed.m1)
      return next({ aValue: aValue * 2, called: [...called, 'm1'], kwargAbc: 4711 })
    })
    .use(async ({ aValue, called, kwargAbc }, next) => {
      assert.is(aValue, observed.m2.a_value)
      return next({ aValue: aValue * 3, called: [...called, 'm2'], kwargXyz: kwargAbc + 1 })
    })
    .use(async (_, next) => next())
    .topic(observed.handler.routing_key)
  const handled = deferred<Values & { initial: number; kwargAbc: number; kwargXyz: number; topic: string }>()
  const kernel = await started(new Service().on(topicOf, (context) => handled.resolve(context)))
  await bus.publish(observed.handler.routing_key, 'data')
  const values = await handled.promise
  assert.equal(
    {
      kwarg_abc: values.kwargAbc,
      kwarg_xyz: values.kwargXyz,
      initial: values.initial,
      a_value: values.aValue,
      routing_key: values.topic,
      called: values.called,
    },
    (({ data: _, another: __, context: ___, ...rest }) => rest)(observed.handler),
  )
  await kernel.stop()
})

middleware('the recorded forms for HTTP: reply before, reply after, add to the context', async () => {
  assert.ok(Object.keys(fixture.http).length === 3)
  let handled = 0
  const handler = ({ injected }: { injected?: string }) => {
    handled++
    return injected ?? 'handler'
  }
  const before = async () => reply('before')
  const after = async (_: HandlerContext, next: Next) => {
    await next()
    return reply('after')
  }
  const inject = async (_: HandlerContext, next: Next) => next({ injected: 'yes' })
  assert.equal(
    await through((service, source) => service.on(source, handler, { use: [before] })),
    acked('before'),
  )
  assert.is(handled, 0)
  assert.equal(
    await through((service, source) => service.on(source, handler, { use: [after] })),
    acked('after'),
  )
  assert.is(handled, 1)
  assert.equal(
    await through((service, source) => service.on(source, handler, { use: [inject] })),
    acked('yes'),
  )
})

middleware('three levels, outermost first: service, transport, handler; and back in reverse', async () => {
  const order: string[] = []
  const level = (name: string) => async (_: HandlerContext, next: Next) => {
    order.push(name)
    const outcome = await next()
    order.push(`${name} after`)
    return outcome
  }
  const settlement = await through(
    (_, source) =>
      new Service({ use: use(level('service 1')).use(level('service 2')) }).on(
        source,
        () => {
          order.push('handler')
          return 'done'
        },
        { use: [level('handler 1'), level('handler 2')] },
      ),
    { transport: [level('transport')] },
  )
  const before = ['service 1', 'service 2', 'transport', 'handler 1', 'handler 2']
  assert.equal(order, [...before, 'handler', ...before.toReversed().map((name) => `${name} after`)])
  assert.equal(settlement, acked('done'))
})

for (const key of ['id', 'envelope', 'address', 'service', 'signal', 'log']) {
  middleware(`"${key}", which the transport or the kernel provides, cannot be replaced`, async () => {
    const forge = async (_: HandlerContext, next: Next) => next({ [key]: 'forged' })
    let handled = 0
    const settlement = await through((service, source) =>
      service.on(source, () => void handled++, { use: [forge] }),
    )
    assert.is(handled, 0)
    assert.is(settlement.state, 'dropped')
    const { error } = settlement as { error?: unknown }
    assert.ok(error instanceof TomodachiError && error.code === 'MIDDLEWARE_OVERRIDE')
    assert.match((error as Error).message, `"${key}"`)
  })
}

middleware('what one adds is seen by those after it, and not by those before it', async () => {
  const seen: unknown[] = []
  const note = async (context: object, next: Next) => {
    seen.push((context as { user?: string }).user)
    const outcome = await next()
    seen.push((context as { user?: string }).user)
    return outcome
  }
  const add = async (_: HandlerContext, next: Next) => next({ user: 'ada' })
  await through((service, source) => service.on(source, () => {}, { use: [note, add, note] }))
  assert.equal(seen, [undefined, 'ada', 'ada', undefined])
})

middleware('an error of the handler passes through, and may be caught', async () => {
  const fail = () => Promise.reject(new Error('no stock'))
  const pass = async (_: HandlerContext, next: Next) => next()
  const rescue = async (_: HandlerContext, next: Next) => next().catch(() => reply('rescued'))
  const failed = await through((service, source) => service.on(source, fail, { use: [pass] }))
  assert.is((failed as { reason?: string }).reason, 'no stock')
  const rescued = await through((service, source) => service.on(source, fail, { use: [rescue, pass] }))
  assert.equal(rescued, acked('rescued'))
})

middleware('without types, what is no outcome is an error that names the middleware', async () => {
  for (const returned of [undefined, 'text', { state: 'acked' }]) {
    const forgetful = (async () => returned) as unknown as Middleware
    const settlement = await through((service, source) => service.on(source, () => {}, { use: [forgetful] }))
    const { error } = settlement as { error?: unknown }
    assert.ok(error instanceof TomodachiError && error.code === 'MIDDLEWARE_OUTCOME')
    assert.match((error as Error).message, 'a middleware (forgetful) ')
  }
})

middleware('one without a name is named by its place, not by the option use', async () => {
  const pass = async (_: HandlerContext, next: Next) => next()
  const options = { use: (async () => {}) as unknown as Middleware }
  for (const [use, named] of [
    [options.use, 'number 1'],
    [[pass, options.use], 'pass, number 2'],
  ] as const) {
    const settlement = await through((service, source) => service.on(source, () => {}, { use }))
    const { error } = settlement as { error?: unknown }
    assert.match((error as Error).message, `a middleware (${named}) `)
  }
})

middleware('a middleware sees the reply, and may put another in its place', async () => {
  const seen: unknown[] = []
  const looks = async (_: HandlerContext, next: Next) => {
    const outcome = await next()
    seen.push(outcome.reply)
    return reply(`${outcome.reply}!`)
  }
  const settlement = await through((service, source) => service.on(source, () => 'yes', { use: [looks] }))
  assert.equal(seen, ['yes'])
  assert.equal(settlement, acked('yes!'))
})

for (const [when, wait] of [
  ['at once', () => undefined],
  ['after an await', () => turn()],
] as const) {
  middleware(`stacks of an error thrown ${when} name the handler and its middleware`, async () => {
    async function withSession(_: HandlerContext, next: Next) {
      return await next()
    }
    async function placeOrder(): Promise<void> {
      const waiting = wait()
      if (waiting) await waiting
      throw new Error('no stock')
    }
    const settlement = await through((service, source) =>
      service.on(source, placeOrder, { use: [withSession] }),
    )
    const { stack } = (settlement as { error: Error }).error
    assert.match(stack ?? '', /at (async )?placeOrder/)
    assert.match(stack ?? '', /at (async )?withSession/)
  })
}

middleware('a list does not change when it is made longer', () => {
  const first = use(async (_: HandlerContext, next: Next) => next({ one: 1 }))
  const longer = first.use(async ({ one }: { one: number }, next: Next) => next({ two: one + 1 }))
  assert.is(first.list.length, 1)
  assert.is(longer.list.length, 2)
})

middleware.run()
