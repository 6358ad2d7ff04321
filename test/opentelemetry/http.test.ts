import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { configureLogging, getLogger, Kernel, Service } from 'tomodachi'
import { client, http } from 'tomodachi/http'
import { opentelemetry } from 'tomodachi/opentelemetry'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { childOf, forgetSpans, keepSpans, parentOf, spanNamed, spans } from './spans.ts'

const test = suite('opentelemetry: http')
keepSpans()
test.before.each(forgetSpans)

const remote = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

function orders() {
  const api = http({ port: 0 })
  const service = new Service({ name: 'orders', adapters: [opentelemetry()] })
    .on(api.get('/orders/:id'), ({ params }) => ({ body: params }))
    .on(api.get('/broken'), () => {
      throw new TypeError('the key is password=hunter2')
    })
    .on(api.get('/teapot'), () => [418, 'short and stout'])
    .on(api.get('/down'), () => [503, 'down'])
    .on(api.post('/large', { maxBodySize: 4 }), ({ request }) => request.text())
    .on(api.error(404), ({ error }) => ({ body: { nothing: error.status } }))
  return { api, kernel: new Kernel([service], { ownsProcess: false }) }
}

test('a request has a span of its route that ends with what was sent', async () => {
  const { api, kernel } = orders()
  await kernel.start()
  const answer = await fetch(`${api.url}/orders/7?page=2&token=abcdef`, {
    headers: { traceparent: remote, 'user-agent': 'tests' },
  })
  assert.is(answer.status, 200)
  await answer.text()
  const span = await spanNamed('GET /orders/:id')
  const { host, hostname, port } = new URL(api.url)
  assert.is(host, `${hostname}:${port}`)
  assert.is(span.kind, SpanKind.SERVER)
  assert.is(parentOf(span), '0af7651916cd43dd8448eb211c80319c/b7ad6b7169203331')
  const { 'network.peer.port': peerPort, ...attributes } = span.attributes
  assert.type(peerPort, 'number')
  assert.equal(attributes, {
    'http.request.method': 'GET',
    'url.path': '/orders/7',
    'url.query': 'page=2&token=[redacted]',
    'url.scheme': 'http',
    'http.route': '/orders/:id',
    'server.address': hostname,
    'server.port': Number(port),
    'user_agent.original': 'tests',
    'client.address': '127.0.0.1',
    'network.peer.address': '127.0.0.1',
    'network.protocol.version': '1.1',
    'http.response.status_code': 200,
  })
  assert.is(span.status.code, SpanStatusCode.UNSET)
  assert.is(span.instrumentationScope.name, 'tomodachi')
  assert.is(span.instrumentationScope.schemaUrl, 'https://opentelemetry.io/schemas/1.45.0')
  assert.is(await kernel.stop(), 0)
})

test('what a handler throws is kept without its secrets, and only from 500 on a span has failed', async () => {
  const { api, kernel } = orders()
  await kernel.start()
  const statuses = []
  for (const path of ['/broken', '/teapot', '/down'])
    statuses.push((await fetch(api.url + path).then((answer) => answer.text().then(() => answer))).status)
  assert.equal(statuses, [500, 418, 503])
  const broken = await spanNamed('GET /broken')
  assert.is(broken.attributes['error.type'], 'TypeError')
  assert.is(broken.attributes['http.response.status_code'], 500)
  assert.equal(broken.status, { code: SpanStatusCode.ERROR, message: 'the key is password=[redacted]' })
  const [event] = broken.events
  assert.is(event?.name, 'exception')
  assert.is(event?.attributes?.['exception.type'], 'TypeError')
  assert.not.match(JSON.stringify(broken.events), 'hunter2')
  const teapot = await spanNamed('GET /teapot')
  assert.is(teapot.status.code, SpanStatusCode.UNSET)
  const down = await spanNamed('GET /down')
  assert.is(down.attributes['error.type'], '503')
  assert.is(down.status.code, SpanStatusCode.ERROR)
  assert.is(await kernel.stop(), 0)
})

test('a request without a route has a span, and an error source runs within it', async () => {
  const { api, kernel } = orders()
  await kernel.start()
  await fetch(`${api.url}/nowhere`).then((answer) => answer.text())
  await fetch(`${api.url}/large`, { method: 'POST', body: 'far too large' }).then((answer) => answer.text())
  const lost = await spanNamed('GET')
  assert.is(lost.attributes['http.response.status_code'], 404)
  assert.is(lost.attributes['http.route'], undefined)
  const large = await spanNamed('POST /large')
  assert.is(large.attributes['http.response.status_code'], 413)
  assert.is(spans().length, 2)
  assert.is(await kernel.stop(), 0)
})

test('a client that leaves is a 499', async () => {
  const api = http({ port: 0 })
  const entered = Promise.withResolvers<void>()
  const service = new Service({ name: 'slow', adapters: [opentelemetry()] }).on(
    api.get('/slow'),
    ({ signal }) => {
      entered.resolve()
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve('late')))
    },
  )
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  const abort = new AbortController()
  const call = fetch(`${api.url}/slow`, { signal: abort.signal }).catch(() => 'gone')
  await entered.promise
  abort.abort()
  assert.is(await call, 'gone')
  const span = await spanNamed('GET /slow')
  assert.is(span.attributes['http.response.status_code'], 499)
  assert.is(span.status.code, SpanStatusCode.UNSET)
  assert.is(await kernel.stop(), 0)
})

test('each attempt of a call is a span, and the server that it reaches is its child', async () => {
  const api = http({ port: 0 })
  let tries = 0
  const stock = new Service({ name: 'stock', adapters: [opentelemetry()] }).on(api.get('/stock/:id'), () =>
    tries++ === 0 ? [503, 'later'] : 'ok',
  )
  const kernel = await new Kernel([stock], { ownsProcess: false }).start()
  const calls = client(api.url, { retry: { backoff: () => 0 } })
  const front = http({ port: 0 })
  const shop = new Service({ name: 'shop', adapters: [opentelemetry(), calls] }).on(
    front.get('/'),
    async () => {
      const { status } = await calls.get('/stock/:id', { params: { id: '7' }, query: { secret: 'x' } })
      return [status, '']
    },
  )
  const caller = await new Kernel([shop], { ownsProcess: false }).start()
  assert.is((await fetch(front.url)).status, 200)
  const entry = await spanNamed('GET /')
  const [first, second] = spans().filter(({ kind }) => kind === SpanKind.CLIENT)
  assert.ok(first && second)
  assert.is(parentOf(first), childOf(entry))
  assert.is(first.attributes['url.full'], `${api.url}/stock/7`)
  assert.is(first.attributes['http.response.status_code'], 503)
  assert.is(first.attributes['error.type'], '503')
  assert.is(second.attributes['http.request.resend_count'], 1)
  const served = spans().filter(({ name }) => name === 'GET /stock/:id')
  assert.equal(served.map(parentOf), [childOf(first), childOf(second)])
  await caller.stop()
  await kernel.stop()
})

test('log records name the running span, and one that a handler begins itself', async () => {
  const records = new Map<string, Readonly<Record<string, unknown>>>()
  const note = (message: string, fields: Record<string, unknown>) => void records.set(message, fields)
  configureLogging({ logger: { info: note, warn: note, error: note } })
  const api = http({ port: 0, accessLog: false })
  const service = new Service({ name: 'logs', adapters: [opentelemetry()] }).on(
    api.get('/'),
    async ({ log }) => {
      log.info('outer')
      await trace.getTracer('mine').startActiveSpan('inner', async (span) => {
        getLogger('deep').info('inner')
        span.end()
      })
      return ''
    },
  )
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  await fetch(api.url)
  const server = await spanNamed('GET /')
  const inner = await spanNamed('inner')
  assert.is(records.get('outer')?.trace_id, server.spanContext().traceId)
  assert.is(records.get('outer')?.span_id, server.spanContext().spanId)
  assert.is(records.get('inner')?.span_id, inner.spanContext().spanId)
  assert.is(records.get('inner')?.parent_span_id, server.spanContext().spanId)
  await kernel.stop()
  configureLogging()
})

test.run()
