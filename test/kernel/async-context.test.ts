import { AsyncLocalStorage, createHook } from 'node:async_hooks'
import { type HandlerContext, type Next, Service, type Source } from 'tomodachi'
import { currentContext } from 'tomodachi/adapter-kit'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Deferred, deferred, type FakeAdapter, fakeAdapter, turn } from './fake-adapter.ts'
import { quiet, started } from './started.ts'

const contexts = suite('async context')
contexts.before(quiet)

const user = new AsyncLocalStorage<string>()

interface Job {
  readonly id: string
}

const modes = { plain: {}, concurrency: { concurrency: 1 }, orderBy: { orderBy: () => 'key' } } as const

/** A service whose handler notes what it sees of the user's context; each run ends when the test says so. */
async function noting(source: Partial<Source>, options: object, adapter: FakeAdapter = fakeAdapter()) {
  const seen: string[] = []
  const gates = new Map<string, Deferred>()
  const service = new Service().on(
    adapter.source<Job>('work', source as never),
    async ({ id }) => {
      seen.push(`${id} in ${user.getStore()}`)
      user.enterWith(`handler of ${id}`)
      const gate = deferred()
      gates.set(id, gate)
      await gate.promise
      seen.push(`${id} ends in ${user.getStore()}`)
    },
    options,
  )
  const kernel = await started(service)
  return {
    seen,
    kernel,
    send: (id: string) => user.run(`caller of ${id}`, () => adapter.send('work', { id })),
    async end(id: string) {
      gates.get(id)?.resolve()
      await turn()
    },
  }
}

for (const [mode, options] of Object.entries(modes)) {
  for (const [kept, around] of [
    [true, (id: string) => `caller of ${id}`],
    [false, () => 'undefined'],
  ] as const) {
    contexts(`${mode}, a source that ${kept ? 'keeps' : 'has no'} context: each in its own`, async () => {
      const { seen, send, end, kernel } = await noting({ keepsAsyncContext: kept }, options)
      for (const id of ['a', 'b', 'c']) send(id)
      for (const id of ['a', 'b', 'c']) await user.run('whoever ends it', () => end(id))
      assert.equal(
        seen.toSorted(),
        ['a', 'b', 'c'].flatMap((id) => [`${id} ends in handler of ${id}`, `${id} in ${around(id)}`]),
      )
      assert.is(user.getStore(), undefined)
      await kernel.stop()
    })
  }
}

contexts('a synchronous handler leaves nothing behind, not even for whoever delivers the next', async () => {
  for (const keepsAsyncContext of [true, false]) {
    const adapter = fakeAdapter()
    const seen: unknown[] = []
    const kernel = await started(
      new Service().on(adapter.source<Job>('work', { keepsAsyncContext }), ({ id }) => {
        seen.push(user.getStore(), currentContext() !== undefined)
        user.enterWith(id)
      }),
    )
    kernel.bus.on('settled', () => void seen.push(user.getStore(), currentContext()))
    adapter.send('work', { id: 'a' })
    assert.equal([user.getStore(), currentContext()], [undefined, undefined])
    adapter.send('work', { id: 'b' })
    const each = [undefined, true, undefined, undefined]
    assert.equal(seen, [...each, ...each])
    await kernel.stop()
  }
})

contexts(
  'orderBy, schema, observers and failure rules of a source without context see no caller',
  async () => {
    const adapter = fakeAdapter()
    const seen = new Set<string | undefined>()
    const see = () => void seen.add(user.getStore())
    const source = adapter.source<Job>('work', {
      prepare: async () => see(),
      failed: (error) => {
        see()
        return { state: 'dropped', reason: 'failed', error }
      },
    })
    const middleware = async (_: HandlerContext, next: Next) => {
      see()
      return next()
    }
    const service = new Service().on(source, () => Promise.reject(new Error('no stock')), {
      use: [middleware],
      orderBy: see,
    })
    const kernel = await started(service)
    kernel.bus.on('received', see)
    kernel.bus.on('settled', see)
    await user.run('caller', () => adapter.send('work', { id: 'a' }).settled)
    await turn()
    assert.equal([...seen], [undefined])
    await kernel.stop()
  },
)

contexts('what listens for the abort runs in the context of its handler, whoever aborts', async () => {
  const adapter = fakeAdapter()
  const seen: unknown[] = []
  const over = deferred()
  const service = new Service().on(adapter.source<Job>('work'), async (context) => {
    user.enterWith(context.id)
    await turn()
    context.signal.addEventListener('abort', () =>
      seen.push(user.getStore(), (currentContext() as unknown as Job | undefined)?.id),
    )
    await over.promise
  })
  const kernel = await started(service)
  const sent = ['a', 'b'].map((id) => adapter.send('work', { id }))
  await turn()
  await turn()
  user.run('canceller', () => sent.map(({ delivery }) => delivery.cancel('lost')))
  assert.equal(seen, ['a', 'a', 'b', 'b'])
  over.resolve()
  await kernel.stop()
})

contexts('async_hooks are told of the end of what they were told to begin', async () => {
  const alive = new Set<number>()
  let begun = 0
  const hook = createHook({
    init(id, type) {
      if (type !== 'tomodachi') return
      begun++
      alive.add(id)
    },
    destroy: (id) => void alive.delete(id),
  }).enable()
  for (const keepsAsyncContext of [true, false]) {
    const adapter = fakeAdapter()
    const service = new Service().on(adapter.source<Job>('work', { keepsAsyncContext }), async () => turn(), {
      concurrency: 2,
    })
    const kernel = await started(service)
    const sent = Array.from({ length: 20 }, (_, index) => adapter.send('work', { id: String(index) }))
    for (const { delivery } of sent.slice(15)) delivery.cancel('given up')
    await Promise.all(sent.map(({ settled }) => settled))
    await kernel.stop()
  }
  await turn()
  hook.disable()
  assert.ok(begun >= 20)
  assert.is(alive.size, 0)
})

contexts.run()
