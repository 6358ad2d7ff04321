// time limit: 120 s
// coverage: none
import { BatchFailure, Service, topic } from 'tomodachi'
import { client, events, HttpError } from 'tomodachi/http'
import { memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { brokenThenables, thrownValues } from '../../hostile.ts'
import { ask, type Logged, logged, portOf, serve, serving, stopAll, until } from '../serving.ts'

const test = suite('http thrown values')
test.after.each(stopAll)

test('a parsed body that is thrown is a 500', async () => {
  const api = await serving((api) =>
    new Service().on(api.post('/'), async ({ request }) => {
      throw await request.json()
    }),
  )
  for (const body of ['{"toString":1}', '{"then":1}', 'null', '{"message":{"toString":1}}', '[{}]'])
    assert.is((await ask(api, 'POST', '/', {}, body)).status, 500, body)
})

test('whatever a handler, a middleware, a schema or a reply throws is answered, and the server goes on', async () => {
  let make: () => unknown = () => undefined
  const fail = (): never => {
    throw make()
  }
  const schema = { '~standard': { version: 1, vendor: 'test', validate: fail } } as const
  const api = await serving((api) =>
    new Service()
      .on(api.get('/sync'), fail)
      .on(api.get('/async'), async () => fail())
      .on(api.get('/middleware'), () => 'x', { use: [fail as never] })
      .on(api.get('/schema', { query: schema }), () => 'x')
      .on(api.get('/json'), () => ({ body: { toJSON: fail } }))
      .on(
        api.get('/part'),
        () => Object.defineProperty({}, 'status', { get: fail, enumerable: true }) as never,
      )
      .on(api.get('/header'), () => [200, 'x', { a: { toString: fail } as never }])
      .on(api.get('/well'), () => 'well'),
  )
  for (const [name, maker] of thrownValues) {
    make = maker
    for (const path of ['/sync', '/async', '/middleware', '/schema', '/json', '/part', '/header']) {
      const { status } = await ask(api, 'GET', path)
      const mayBeTheStatus = name.startsWith('an HttpError whose cause') ? 418 : 500
      assert.ok(status === 500 || status === mayBeTheStatus, `${name} on ${path}: ${status}`)
    }
  }
  assert.is((await ask(api, 'GET', '/well')).text, 'well')
})

test('whatever an error handler throws, or is asked to answer, is a 500', async () => {
  let make: () => unknown = () => undefined
  const fail = (): never => {
    throw make()
  }
  const api = await serving((api) => new Service().on(api.get('/'), fail).on(api.error(500), fail))
  for (const [name, maker] of thrownValues) {
    make = maker
    const { status } = await ask(api, 'GET', '/')
    assert.ok(status === 500 || (name.startsWith('an HttpError whose cause') && status === 418), name)
  }
})

test('whatever a handler returns is answered', async () => {
  let make: () => unknown = () => undefined
  const api = await serving((api) => new Service().on(api.get('/'), () => make() as never))
  for (const [name, maker] of [...brokenThenables, ...thrownValues]) {
    make = maker
    const { status } = await ask(api, 'GET', '/')
    const isBroken = brokenThenables.some(([other]) => other === name)
    assert.ok(isBroken ? status === 500 : status === 500 || status === 200, `${name}: ${status}`)
  }
})

test('a stream that fails with whatever it is ends its answer alone, and says so in the log', async () => {
  const records = logged()
  let make: () => unknown = () => undefined
  const fail = (): never => {
    throw make()
  }
  async function* broken() {
    yield 'x'
    fail()
  }
  const erring = () =>
    new ReadableStream({ start: (c) => c.enqueue(Buffer.from('x')), pull: (c) => c.error(make()) })
  const endless = { next: async () => ({ done: false, value: 'x' }), return: fail } as never
  const api = await serving((api) =>
    new Service()
      .on(api.get('/generator'), () => broken())
      .on(api.get('/stream'), () => erring())
      .on(api.get('/response'), () => new Response(erring()))
      .on(api.get('/events'), () => events(broken() as never))
      .on(api.get('/return'), () => ({ [Symbol.asyncIterator]: () => endless }) as never)
      .on(api.get('/well'), () => 'well'),
  )
  const url = `http://127.0.0.1:${portOf(api)}`
  for (const [, maker] of thrownValues) {
    make = maker
    for (const path of ['/generator', '/stream', '/response', '/events']) {
      records.length = 0
      const response = await fetch(url + path)
      // Where it fails before its first event is on its way, that can still be said.
      const isSaid = ({ level, message }: Logged) =>
        response.status === 500 ? level === 'error' : message === 'the reply broke off'
      await response.text().then(
        () => assert.is(response.status, 500, path),
        () => undefined,
      )
      assert.ok(path === '/events' || response.status === 200, path)
      await until(() => records.some(isSaid))
    }
    const response = await fetch(`${url}/return`)
    await response.body?.cancel()
  }
  assert.is(await (await fetch(`${url}/well`)).text(), 'well')
})

test('a stream that fails with whatever it is before its first byte is answered', async () => {
  let make: () => unknown = () => undefined
  // biome-ignore lint/correctness/useYield: it fails before
  async function* broken(): AsyncGenerator<string> {
    throw make()
  }
  const erring = () => new ReadableStream({ pull: (controller) => controller.error(make()) })
  const api = await serving((api) =>
    new Service()
      .on(api.get('/generator'), () => broken())
      .on(api.get('/stream'), () => erring())
      .on(api.get('/response'), () => new Response(erring())),
  )
  for (const [name, maker] of thrownValues) {
    make = maker
    for (const path of ['/generator', '/stream', '/response']) {
      const { status } = await fetch(`http://127.0.0.1:${portOf(api)}${path}`)
      const mayBeItsOwn = name.startsWith('an HttpError whose cause') && status === 418
      assert.ok(status === 500 || mayBeItsOwn, `${name} on ${path}: ${status}`)
    }
  }
})

test('a body that a call streams may fail with whatever it is', async () => {
  const api = await serving((api) =>
    new Service().on(api.post('/'), async ({ request }) => String((await request.bytes()).length)),
  )
  const calls = client(`http://127.0.0.1:${portOf(api)}`)
  await serve(new Service({ adapters: [calls] }))
  for (const [name, make] of thrownValues) {
    async function* body() {
      yield 'x'
      throw make()
    }
    const result = await calls.post('/', { body: body() }).then(
      () => 'fulfilled',
      () => 'rejected',
    )
    assert.is(result, 'rejected', name)
  }
})

test('an error of what a handler publishes is not the fault of its request', async () => {
  const bus = memory()
  const order = topic('order', {
    schema: {
      '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [{ message: 'no' }] }) },
    },
  })
  const api = await serving((api) =>
    new Service({ adapters: [bus] })
      .on(api.get('/invalid'), () => bus.publish(order, 1 as never))
      .on(api.get('/unbuildable'), () => bus.publish('t', 1n))
      .on(api.get('/wildcard'), () => bus.publish('t.*', 1))
      .on(api.get('/batch'), () => {
        throw new BatchFailure([[-1, new HttpError(400)]])
      }),
  )
  for (const path of ['/invalid', '/unbuildable', '/wildcard', '/batch']) {
    const { status, text } = await ask(api, 'GET', path)
    assert.equal([status, text], [500, 'Internal Server Error'], path)
  }
})

test.run()
