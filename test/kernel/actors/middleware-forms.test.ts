import { type Middleware, Service, use } from 'tomodachi'
import { memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { turn } from '../fake-adapter.ts'
import { quiet, started } from '../started.ts'

const middleware = suite('forms of middleware')
middleware.before(quiet)

const calls: string[] = []
const one: Middleware = async (_, next) => {
  calls.push('one')
  return next()
}
const two: Middleware = async (_, next) => {
  calls.push('two')
  return next()
}

for (const [name, service, bus, options] of [
  ['one middleware', one, one, { use: one }],
  ['lists', [one, two], [one, two], { use: [one, two] }],
  ['use(a).use(b)', use(one).use(two), use(one).use(two), { use: use(one).use(two) }],
  ['use([a, b])', use([one, two]), use([one, two]), { use: use([one, two]) }],
  ['use([a]).use([b])', use([one]).use([two]), use(one).use([two]), { use: use([one]).use(use(two)) }],
  [
    'use([]).use(use(a).use(b))',
    use([]).use([one, two]),
    use([]).use(use(one).use(two)),
    { use: use(use(one)).use(two) },
  ],
] as const)
  middleware(
    `${name} may be given to a service, to an adapter and to a handler, outermost first`,
    async () => {
      const seen: unknown[] = []
      const source = memory().use(bus as Middleware)
      const kernel = await started(
        new Service({ use: service as Middleware }).on(
          source.topic('t'),
          ({ data }) => void seen.push(data),
          options as object,
        ),
      )
      calls.length = 0
      await source.publish('t', 'data')
      await turn()
      const once = name === 'one middleware' ? ['one'] : ['one', 'two']
      assert.equal([calls, seen], [[...once, ...once, ...once], ['data']])
      await kernel.stop()
    },
  )

middleware('a class may have its middleware as a list too', async () => {
  const bus = memory()
  class Listed extends Service {
    override use = [one, two]
  }
  const kernel = await started(new Listed().on(bus.topic('t'), () => {}))
  calls.length = 0
  await bus.publish('t', 'data')
  await turn()
  assert.equal(calls, ['one', 'two'])
  await kernel.stop()
})

middleware('what is no middleware is refused where it is given', () => {
  for (const wrong of ['auth', undefined, [one, 'auth'], [[one]], { list: 'auth' }, null]) {
    const invalid = /use must be middleware: one, a list, or use\(a\)\.use\(b\)/
    if (wrong !== undefined) assert.throws(() => new Service({ use: wrong as never }), invalid)
    assert.throws(() => memory().use(wrong as never), invalid)
    assert.throws(() => use(wrong as never), invalid)
    assert.throws(() => use(one).use(wrong as never), invalid)
    if (wrong !== undefined)
      assert.throws(() => new Service().on(memory().topic('t'), () => {}, { use: wrong as never }), invalid)
  }
})

middleware.run()
