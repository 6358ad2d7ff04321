import { Drop, hasCode, type Middleware, Service, use } from 'tomodachi'
import { type Http, health, http } from 'tomodachi/http'
import { memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deferred, fakeAdapter } from '../../kernel/fake-adapter.ts'
import { failureOf, logged, serve, stopAll, until } from '../serving.ts'

const test = suite('health')
test.after.each(stopAll)

/** A service with probes, and another adapter. */
async function probed(adapter = fakeAdapter({ name: 'other' }), options: object = {}) {
  const api = http({ port: 0 })
  const service = new Service({ adapters: [adapter], ...options }).on(health(api))
  return { api, kernel: await serve(service) }
}

const answerOf = async (api: Http<unknown>, path: string) => {
  const { statusCode, payload } = await api.inject(path)
  return [statusCode, JSON.parse(payload)]
}

test('the line of the documentation', async () => {
  const api = http({ port: 0 })
  class Orders extends Service {
    constructor() {
      super({ name: 'orders' })
      this.on(health(api, { live: '/alive', ready: '/ready' }))
    }
  }
  await serve(new Orders())
  assert.equal(await answerOf(api, '/alive'), [200, { live: true, state: 'started' }])
  const adapters = [{ adapter: 'http', ready: true }]
  assert.equal(await answerOf(api, '/ready'), [200, { ready: true, state: 'started', adapters }])
  assert.is((await api.inject('/healthz')).statusCode, 404)
})

test('answers are JSON that nobody stores; HEAD has no body, and other methods are refused', async () => {
  const { api } = await probed()
  for (const url of ['/healthz', '/readyz']) {
    for (const method of ['GET', 'HEAD'] as const) {
      const { statusCode, headers, payload } = await api.inject({ method, url })
      assert.is(statusCode, 200)
      assert.is(headers['cache-control'], 'no-store')
      assert.is(headers['content-type'], 'application/json; charset=utf-8')
      assert.is(payload === '', method === 'HEAD')
    }
    assert.is((await api.inject({ method: 'POST', url })).statusCode, 405)
  }
})

test('what is wrong, since when, and no secrets; it is alive all the while', async () => {
  const [since, problems] = [new Date('2026-08-01T10:00:00Z'), [] as object[]]
  const adapters = [1, 2].map((number) =>
    Object.defineProperties(fakeAdapter({ name: 'bus' }), {
      ready: { get: () => number === 1 || problems.length === 0 },
      problems: { get: () => (number === 1 ? [] : problems) },
    }),
  )
  const { api } = await probed(adapters[0], { adapters })
  assert.is((await api.inject('/readyz')).statusCode, 200)
  const reason = 'cannot connect to amqp://joe:hunter2@broker:5672, password=hunter2'
  problems.push({ part: 'the connection', reason, since })
  const [status, report] = await answerOf(api, '/readyz')
  const told = {
    part: 'the connection',
    reason: 'cannot connect to amqp://joe:[redacted]@broker:5672, password=[redacted]',
    since: '2026-08-01T10:00:00.000Z',
  }
  assert.is(status, 503)
  assert.equal(report, {
    ready: false,
    state: 'started',
    adapters: [
      { adapter: 'bus', ready: true },
      { adapter: 'bus#2', ready: false, problems: [told] },
      { adapter: 'http', ready: true },
    ],
  })
  assert.equal(await answerOf(api, '/healthz'), [200, { live: true, state: 'started' }])
  problems.length = 0
  assert.is((await api.inject('/readyz')).statusCode, 200)
})

test('it is not ready while something still starts', async () => {
  const start = deferred()
  const other = fakeAdapter({ on: { start: () => start.promise } })
  const api = http({ port: 0 })
  const serving = serve(new Service({ adapters: [other] }).on(health(api)))
  await until(() => isListening(api))
  const [status, { ready, state }] = await answerOf(api, '/readyz')
  assert.equal([status, ready, state], [503, false, 'starting'])
  assert.equal(await answerOf(api, '/healthz'), [200, { live: true, state: 'starting' }])
  start.resolve()
  await serving
  assert.is((await api.inject('/readyz')).statusCode, 200)
})

test('as soon as a stop is requested it is not ready, while requests are still accepted', async () => {
  const api = http({ port: 0 })
  const service = new Service({ stopDelay: 300, drainTimeout: '10s' })
    .on(health(api))
    .on(api.get('/work'), () => 'done')
  const kernel = await serve(service)
  const { url } = api
  const stopped = kernel.stop()
  const probe = await fetch(`${url}/readyz`)
  assert.equal([probe.status, ((await probe.json()) as { state: string }).state], [503, 'leaving'])
  assert.is((await fetch(`${url}/healthz`)).status, 200)
  const work = await fetch(`${url}/work`)
  assert.equal([work.status, await work.text()], [200, 'done'])
  assert.is(await stopped, 0)
  assert.ok(await fetch(`${url}/readyz`).catch(() => true))
})

test('no middleware stands before probes, whether of service or server, and however it is given', async () => {
  const refuse: Middleware<object> = () => {
    throw new Drop('nobody comes in')
  }
  const api = http({ port: 0 })
  const service = new Service({ use: use(refuse) })
    .on(health(api.use(refuse).group('/internal')))
    .on(api.get('/orders'), () => 'secret')
  await serve(service)
  assert.is((await api.inject('/internal/readyz')).statusCode, 200)
  assert.is((await api.inject('/internal/healthz')).statusCode, 200)
  assert.not.equal((await api.inject('/orders')).statusCode, 200)
})

test('the access log has only the probes that found something wrong, unless all are wanted', async () => {
  const lines = async (options: object, isReady: boolean) => {
    const other = Object.assign(fakeAdapter(), { ready: isReady })
    const api = http({ port: 0 })
    await serve(new Service({ adapters: [other] }).on(health(api, options)))
    const records = logged()
    for (const path of ['/healthz', '/readyz']) await api.inject(path)
    const statuses = records.map(({ fields }) => fields.status_code).filter(Boolean)
    await stopAll()
    return statuses
  }
  assert.equal(await lines({}, true), [])
  assert.equal(await lines({}, false), [503])
  assert.equal(await lines({ ignoreLogging: true }, false), [])
  assert.equal(await lines({ ignoreLogging: false }, false), [200, 503])
})

test('a server of its own for probes tells of the whole kernel, with several services', async () => {
  const [api, probes, bus] = [http({ port: 0 }), http({ port: 0, name: 'probes' }), memory()]
  const orders = new Service({ name: 'orders' }).on(api.get('/'), () => 'orders')
  const billing = new Service({ name: 'billing' }).on(bus.topic('order', { queue: 'billing' }), () => {})
  const kernel = await serve(orders, billing, new Service({ name: 'probes' }).on(health(probes)))
  const [status, { adapters }] = await answerOf(probes, '/readyz')
  assert.is(status, 200)
  assert.equal(
    adapters.map(({ adapter }: { readonly adapter: string }) => adapter),
    ['http', 'memory', 'probes'],
  )
  assert.is((await api.inject('/readyz')).statusCode, 404)
  await kernel.stop()
})

test('a kernel tells of itself, not of others in the process', async () => {
  const broken = Object.assign(fakeAdapter(), { ready: false })
  const [good, bad] = [await probed(), await probed(broken)]
  assert.is((await good.api.inject('/readyz')).statusCode, 200)
  assert.is((await bad.api.inject('/readyz')).statusCode, 503)
})

test('what cannot be meant is refused', async () => {
  const api = http({ port: 0 })
  for (const [call, sentence] of [
    [() => health(undefined as never), 'health(api) must be an HTTP server, such as the value of http()'],
    [() => health('/healthz' as never), 'health(api) must be an HTTP server'],
    [() => health(api, { redy: '/r' } as never), 'health() has no option "redy"; did you mean "ready"?'],
    [() => health(api, { live: '/x', ready: '/x' }), 'health.ready must be another path than health.live'],
    [() => health(api, { ready: 5 as never }), 'health.ready must be'],
    [() => health(api, { ignoreLogging: '200' as never }), 'health.ignoreLogging must be'],
  ] as const) {
    const failure = await failureOf(call)
    assert.ok(hasCode(failure, 'OPTION_INVALID'), String(failure))
    assert.ok(failure.message.includes(sentence), failure.message)
  }
  assert.is((await failureOf(() => health(api, { live: 'healthz' }))).code, 'ROUTE_INVALID')
  const service = new Service()
  assert.ok(
    hasCode(await failureOf(() => service.on(health(api) as never, (() => 'x') as never)), 'OPTION_INVALID'),
  )
  assert.ok(hasCode(await failureOf(() => service.on([api.get('/')] as never)), 'OPTION_INVALID'))
})

function isListening(api: Http<unknown>): boolean {
  try {
    return api.url !== ''
  } catch {
    return false
  }
}

test.run()
