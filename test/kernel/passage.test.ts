import { type HandlerContext, hasCode, type Middleware, type Next, reply, type Settlement } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deferred, fakeAdapter, turn } from './fake-adapter.ts'
import { logged, quiet, started } from './started.ts'
import { acked, through } from './through.ts'

const passage = suite('what next() starts')
passage.before(quiet)

const stray: unknown[] = []
const note = (error: unknown) => stray.push(error)
passage.before(() => void process.on('unhandledRejection', note))
passage.after(() => void process.off('unhandledRejection', note))
passage.after.each(async () => {
  await turn()
  assert.equal(stray.splice(0), [])
})

type AnyPass = Middleware<HandlerContext, unknown>

/** How a delivery ended whose handler is `handler`, behind this middleware, outermost first. */
function passed(handler: () => unknown, ...use: readonly AnyPass[]): Promise<Settlement> {
  return through((service, source) => service.on(source, handler as () => string, { use: use as never }))
}

const pass: AnyPass = async (_, next) => next()
const forgets: AnyPass = async (_, next) => {
  void next()
  return reply('early')
}
const forgetsForLonger: AnyPass = async (_, next) => {
  void next()
  await turn()
  await turn()
  return reply('early')
}
const rescues: AnyPass = async (_, next) => next().catch(() => reply('rescued'))
const rescuesLate: AnyPass = async (_, next) => {
  try {
    return await next()
  } catch {
    await turn()
    return reply('rescued')
  }
}
const replies: AnyPass = async (_, next) => {
  await next()
  return reply('replied')
}

for (const [name, use] of [
  ['alone', [forgets]],
  ['outside', [forgets, pass]],
  ['inside', [pass, forgets]],
  ['inside of one that replies', [replies, forgets]],
] as const) {
  passage(
    `a middleware that does not wait (${name}): settled when the handler has ended, and drained`,
    async () => {
      const adapter = fakeAdapter()
      const work = deferred<string>()
      const { Service } = await import('tomodachi')
      const source = adapter.source('work')
      const kernel = await started(new Service().on(source, () => work.promise, { use: use as never }))
      const { settled, delivery } = adapter.send('work')
      await turn()
      await turn()
      assert.is(delivery.settlement, undefined)
      let stopped = false
      const stopping = kernel.stop().then(() => {
        stopped = true
      })
      await turn()
      assert.not.ok(stopped)
      work.resolve('done')
      const settlement = await settled
      assert.is(settlement.state, 'acked')
      await stopping
    },
  )

  for (const [when, fail] of [
    [
      'at once',
      () => {
        throw new Error('no stock')
      },
    ],
    [
      'in a microtask',
      async () => {
        throw new Error('no stock')
      },
    ],
    [
      'later',
      () =>
        turn().then(() => {
          throw new Error('no stock')
        }),
    ],
  ] as const) {
    passage(
      `a middleware that does not wait (${name}): a handler that fails ${when} fails the delivery`,
      async () => {
        const settlement = await passed(fail, ...use)
        assert.equal([settlement.state, (settlement as { reason?: string }).reason], ['dropped', 'no stock'])
      },
    )
  }
}

passage('the same where the middleware ends after a while, before the handler fails', async () => {
  const late = async () => {
    for (let turns = 0; turns < 5; turns++) await turn()
    throw new Error('no stock')
  }
  const settlement = await passed(late, forgetsForLonger)
  assert.is((settlement as { reason?: string }).reason, 'no stock')
})

passage('a middleware that fails while what it started runs on: settled when that has ended', async () => {
  const steps: string[] = []
  const breaks: AnyPass = async (_, next) => {
    void next()
    throw new Error('broken')
  }
  const settlement = await passed(async () => {
    await turn()
    steps.push('handled')
    throw new Error('no stock')
  }, breaks)
  assert.equal([steps, (settlement as { reason?: string }).reason], [['handled'], 'broken'])
})

passage('what an inner middleware does after the handler is waited for too', async () => {
  const steps: string[] = []
  const slow: AnyPass = async (_, next) => {
    const outcome = await next()
    await turn()
    steps.push('written')
    return outcome
  }
  assert.equal(await passed(() => 'x', forgets, slow), acked('early'))
  assert.equal(steps, ['written'])
})

for (const [name, rescue] of [
  ['at once', rescues],
  ['after a while', rescuesLate],
] as const) {
  for (const fail of [
    () => {
      throw new Error('no stock')
    },
    () =>
      turn().then(() => {
        throw new Error('no stock')
      }),
  ]) {
    passage(`a failure that a middleware has seen stays its own (${name}, ${fail})`, async () => {
      assert.equal(await passed(fail, rescue), acked('rescued'))
      assert.equal(await passed(fail, pass, rescue, pass), acked('rescued'))
      assert.equal(await passed(fail, forgets, rescue), acked('early'))
    })
  }
}

passage('a middleware may try again, as often as the rest fails', async () => {
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

passage('a middleware may try again what failed behind the handler', async () => {
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
  passage(`next() called twice ${name} is an error, and the handler runs once`, async () => {
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

passage('next() called when the delivery has ended is an error, and starts nothing', async () => {
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

passage.run()
