import { type HandlerContext, hasCode, type Next, reply } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deferred, turn } from '../fake-adapter.ts'
import { logged, quiet } from '../started.ts'
import { acked } from '../through.ts'
import { type AnyPass, pass, passed, refuseStrays } from './passing.ts'

const calls = suite('next() called again')
calls.before(quiet)
refuseStrays(calls)

calls('a middleware may try again, as often as the rest fails', async () => {
  let tries = 0
  const seen: unknown[] = []
  const again = async (_: HandlerContext, next: Next) => {
    for (let time = 1; ; time++) {
      try {
        return await next({ time })
      } catch (error) {
        seen.push((error as Error).message)
        if (time === 3) throw error
        await turn()
      }
    }
  }
  for (const handler of [
    () => {
      if (++tries < 3) throw new Error(`try ${tries}`)
      return 'done'
    },
    async () => {
      await turn()
      if (++tries < 3) throw new Error(`try ${tries}`)
      return 'done'
    },
  ]) {
    tries = 0
    assert.equal(await passed(handler, again as AnyPass), acked('done'))
    tries = 0
    assert.equal(await passed(handler, pass, again as AnyPass, pass), acked('done'))
  }
  assert.equal(seen, Array(4).fill(['try 1', 'try 2']).flat())
  tries = -10
  const settlement = await passed(() => {
    throw new Error(`try ${++tries}`)
  }, again as AnyPass)
  assert.is((settlement as { reason?: string }).reason, 'try -7')
})

calls('a middleware may try again what failed behind the handler', async () => {
  let tries = 0
  const again: AnyPass = async (_, next) => next().catch(() => next())
  const flaky: AnyPass = async (_, next) => {
    const outcome = await next()
    if (++tries === 1) throw new Error('not written')
    return outcome
  }
  let handled = 0
  assert.equal(await passed(() => ++handled, again, pass, flaky, pass), acked(2))
})

for (const [name, twice] of [
  [
    'while the first is under way',
    async (_, next) => {
      void next()
      return next()
    },
  ],
  [
    'without waiting for either',
    async (_, next) => {
      void next()
      void next()
      return reply('x')
    },
  ],
  [
    'after the first has succeeded',
    async (_, next) => {
      await next()
      return next()
    },
  ],
  [
    'and hides it',
    async (_, next) => {
      await next()
      return next().catch(() => reply('hidden'))
    },
  ],
] as readonly (readonly [string, AnyPass])[]) {
  calls(`next() called twice ${name} is an error, and the handler runs once`, async () => {
    for (const handler of [() => 'x', () => turn().then(() => 'x')]) {
      let handled = 0
      const settlement = await passed(
        () => {
          handled++
          return handler()
        },
        pass,
        twice,
        pass,
      )
      assert.is(handled, 1)
      const { error } = settlement as { error?: unknown }
      assert.ok(hasCode(error, 'MIDDLEWARE_NEXT_TWICE'), String(error))
    }
  })
}

calls('next() called when the delivery has ended is an error, and starts nothing', async () => {
  const records = logged('info')
  const late = deferred<unknown>()
  let handled = 0
  const lingers: AnyPass = async (_, next) => {
    setImmediate(() => void next().catch(late.resolve))
    return reply('x')
  }
  assert.equal(await passed(() => handled++, lingers), acked('x'))
  assert.ok(hasCode(await late.promise, 'MIDDLEWARE_NEXT_LATE'))
  assert.is(handled, 0)
  assert.equal(
    records
      .filter(({ level }) => level === 'error')
      .map(({ fields }) => (fields.error as { code: string }).code),
    ['MIDDLEWARE_NEXT_LATE'],
  )
  quiet()
})

calls.run()
