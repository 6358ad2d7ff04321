import { once } from 'node:events'
import { connect } from 'node:net'
import { configureLogging, Kernel, Service, TomodachiError } from 'tomodachi'
import { type Http, http } from 'tomodachi/http'
import { type OpenTelemetryOptions, opentelemetry } from 'tomodachi/opentelemetry'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ask, portOf } from '../http/serving.ts'
import { deferred } from '../kernel/fake-adapter.ts'
import { until } from '../until.ts'
import { keepMetrics, sumOf, valuesOf } from './meters.ts'

const duration = 'http.server.request.duration'
const active = 'http.server.active_requests'

const requests = suite('opentelemetry: metrics of http servers')
requests.before(() => configureLogging({ logger: 'disabled' }))
requests.before.each(keepMetrics)

async function serving(build: (api: Http, service: Service) => void, options: OpenTelemetryOptions = {}) {
  const api = http({ port: 0 })
  const service = new Service({ adapters: [opentelemetry({ traces: false, ...options })] })
  build(api, service)
  return { api, kernel: await new Kernel([service], { ownsProcess: false }).start() }
}

requests('a request is measured by its route and how it was answered', async () => {
  const { api, kernel } = await serving((api, service) =>
    service
      .on(api.get('/orders/:id'), () => 'here')
      .on(api.post('/fails'), () => {
        throw new RangeError('no')
      })
      .on(api.post('/known'), () => {
        throw new TomodachiError('PUBLISH_UNROUTABLE', { topic: 'x' })
      })
      .on(api.get('/bad'), () => [503, 'later']),
  )
  await ask(api, 'GET', '/orders/1')
  await ask(api, 'GET', '/orders/2?full=1')
  await ask(api, 'POST', '/fails')
  await ask(api, 'POST', '/known')
  await ask(api, 'GET', '/bad')
  await ask(api, 'GET', '/nowhere/17')
  await ask(api, 'PROPFIND', '/orders/1')
  await until(async () => (await valuesOf(duration)).reduce((sum, [count]) => sum + count, 0) === 7)
  const common = { 'url.scheme': 'http', 'network.protocol.version': '1.1' }
  const of = (method: string, route: string | undefined, status: number, error?: string) => ({
    ...common,
    'http.request.method': method,
    'http.response.status_code': status,
    ...(route ? { 'http.route': route } : {}),
    ...(error ? { 'error.type': error } : {}),
  })
  const values = await valuesOf(duration)
  const expected: typeof values = [
    [2, of('GET', '/orders/:id', 200)],
    [1, of('POST', '/fails', 500, 'RangeError')],
    [1, of('POST', '/known', 500, 'PUBLISH_UNROUTABLE')],
    [1, of('GET', '/bad', 503, '503')],
    [1, of('GET', undefined, 404)],
    [1, of('_OTHER', undefined, 405)],
  ]
  assert.equal(values, expected)
  const seconds = await sumOf(duration)
  assert.ok(seconds > 0 && seconds < 5, `${seconds} s`)
  await kernel.stop()
})

requests('requests are active from their arrival to their answer, and none is left', async () => {
  const answer = deferred()
  const { api, kernel } = await serving((api, service) =>
    service
      .on(api.get('/slow'), () => answer.promise as never)
      .on(api.error(404), () => answer.promise as never)
      .on(api.get('/stream'), async function* () {
        yield 'a'
        await answer.promise
        yield 'b'
      } as never),
  )
  const asking = [ask(api, 'GET', '/slow'), ask(api, 'GET', '/none'), ask(api, 'POST', '/none')]
  const socket = connect(portOf(api), '127.0.0.1')
  socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n')
  const count = async () =>
    Object.fromEntries((await valuesOf(active)).map(([n, a]) => [a['http.request.method'], n]))
  await until(async () => {
    const { GET, POST } = await count()
    return GET === 3 && POST === 1
  })
  // One client leaves without its answer.
  socket.destroy()
  await once(socket, 'close')
  answer.resolve()
  await Promise.all(asking)
  await until(async () => {
    const { GET, POST } = await count()
    return GET === 0 && POST === 0
  })
  const left = (await valuesOf(duration)).find(
    ([, attributes]) => attributes['http.response.status_code'] === 499,
  )
  assert.is(left?.[0], 1)
  assert.is(left?.[1]['error.type'], undefined)
  await kernel.stop()
})

requests('a request whose body is left half-read stays active, and is measured at its end', async () => {
  const answer = deferred()
  let left = 0
  const { api, kernel } = await serving((api, service) =>
    service.on(api.post('/'), async ({ request }) => {
      for await (const _ of request.raw) break
      left++
      await answer.promise
    }),
  )
  const asking = ask(api, 'POST', '/', {}, 'x'.repeat(100_000))
  await until(() => left === 1)
  const kind = { 'http.request.method': 'POST', 'url.scheme': 'http' }
  assert.equal(await valuesOf(active), [[1, kind]])
  answer.resolve()
  await asking.catch(() => undefined)
  await until(async () => (await valuesOf(duration)).length > 0)
  assert.is((await valuesOf(duration))[0]?.[1]['url.scheme'], 'http')
  assert.equal(await valuesOf(active), [[0, kind]])
  await kernel.stop()
})

requests('bytes that are not a request are neither active nor measured', async () => {
  const { api, kernel } = await serving((api, service) => service.on(api.get('/'), () => ''))
  const socket = connect(portOf(api), '127.0.0.1')
  socket.resume().end('no request\r\n\r\n')
  await once(socket, 'close')
  await ask(api, 'GET', '/')
  await until(async () => (await valuesOf(duration)).length > 0)
  assert.is((await valuesOf(duration)).length, 1)
  await until(async () => (await valuesOf(active)).every(([count]) => count === 0))
  await kernel.stop()
})

requests('excluded paths are left out', async () => {
  const answer = deferred()
  const { api, kernel } = await serving(
    (api, service) =>
      service
        .on(api.get('/healthz'), () => answer.promise as never)
        .on(api.get('/'), () => answer.promise as never),
    { excludedUrls: [/^\/healthz$/] },
  )
  const asking = [ask(api, 'GET', '/healthz'), ask(api, 'GET', '/')]
  await until(async () => (await valuesOf(active))[0]?.[0] === 1)
  await until(() => kernel.actors().every(({ load }) => load.running === 1))
  assert.is((await valuesOf(active))[0]?.[0], 1)
  answer.resolve()
  await Promise.all(asking)
  await until(async () => (await valuesOf(duration)).length === 1)
  assert.is((await valuesOf(duration))[0]?.[1]['http.route'], '/')
  await kernel.stop()
})

requests('injected requests are measured, too; with metrics: false nothing is', async () => {
  const first = await serving((api, service) => service.on(api.get('/'), () => ''))
  await first.api.inject('/')
  await until(async () => (await valuesOf(duration)).length === 1)
  await first.kernel.stop()
  const second = await serving((api, service) => service.on(api.get('/other'), () => ''), { metrics: false })
  await second.api.inject('/other')
  await second.kernel.stop()
  assert.equal(
    (await valuesOf(duration)).map(([, attributes]) => attributes['http.route']),
    ['/'],
  )
})

requests.run()
