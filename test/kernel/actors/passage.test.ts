import { reply, Service } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deferred, fakeAdapter, turn } from '../fake-adapter.ts'
import { quiet, started } from '../started.ts'
import { acked } from '../through.ts'
import { type AnyPass, pass, passed, refuseStrays } from './passing.ts'

const passage = suite('what next() starts')
passage.before(quiet)
refuseStrays(passage)

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

passage(
  'a middleware that answers with what it kept of an earlier delivery: what it started is waited for',
  async () => {
    const steps: string[] = []
    let kept: Awaited<ReturnType<AnyPass>> | undefined
    const staleWhileRevalidate: AnyPass = async (_, next) => {
      if (!kept) {
        kept = await next()
        return kept
      }
      void next()
      return kept
    }
    assert.equal(await passed(() => 'first', staleWhileRevalidate), acked('first'))
    const slow = async () => {
      await turn()
      steps.push('handled')
      return 'second'
    }
    assert.equal(await passed(slow, pass, staleWhileRevalidate, pass), acked('first'))
    assert.equal(steps, ['handled'])
    const failing = async () => {
      await turn()
      throw new Error('no stock')
    }
    assert.is((await passed(failing, staleWhileRevalidate)).state, 'dropped')
  },
)

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

passage.run()
