// What a first review of the tracing has found.
import { once } from 'node:events'
import { connect } from 'node:net'
import { context, propagation, trace } from '@opentelemetry/api'
import { configureLogging, getLogger, Kernel, Service } from 'tomodachi'
import { client, http } from 'tomodachi/http'
import { memory } from 'tomodachi/memory'
import { opentelemetry } from 'tomodachi/opentelemetry'
import { websocket } from 'tomodachi/websocket'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { WebSocket } from 'ws'
import { until } from '../until.ts'
import { forgetSpans, keepSpans, parentOf, spanNamed, spans } from './spans.ts'

const test = suite('opentelemetry: edges')
keepSpans()
test.before.each(forgetSpans)

const remote = '0af7651916cd43dd8448eb211c80319c'
const traceparent = `00-${remote}-b7ad6b7169203331-01`

function running(...services: Service[]): Promise<Kernel> {
  return new Kernel(services, { ownsProcess: false }).start()
}

/** The headers that messages of a topic come with. */
function seenOn(bus: ReturnType<typeof memory>, topic: string) {
  const seen: Readonly<Record<string, unknown>>[] = []
  return {
    seen,
    source: bus.topic(topic),
    note: (given: { headers: (typeof seen)[0] }) => void seen.push(given.headers),
  }
}

test('reasons of settlements are redacted as errors are', async () => {
  const bus = memory()
  const service = new Service({ adapters: [opentelemetry()] }).on(
    bus.topic('topic', { retry: { attempts: 1 } }),
    () => {
      throw new Error('cannot reach amqp://user:hunter2@host')
    },
  )
  const kernel = await running(service)
  await bus.publish('topic', {})
  const span = await spanNamed('process topic')
  assert.match(String(span.attributes['tomodachi.settlement.reason']), 'cannot reach')
  assert.not.match(JSON.stringify([span.attributes, span.events, span.status]), 'hunter2')
  await kernel.stop()
})

test('no header is sent empty, and none of another trace', async () => {
  const api = http({ port: 0 })
  const bus = memory()
  const { seen, source, note } = seenOn(bus, 'next')
  const service = new Service({ adapters: [opentelemetry()] })
    .on(source, note)
    .on(api.get('/'), () => bus.publish('next', {}))
    .on(bus.topic('batch', { batch: { size: 1 } }), () => bus.publish('next', {}))
    .on(api.get('/no-baggage'), () =>
      context.with(propagation.deleteBaggage(context.active()), () => bus.publish('next', {})),
    )
  const kernel = await running(service)
  await fetch(api.url, { headers: { traceparent, tracestate: 'x' } })
  await bus.publish('batch', {}, { headers: { traceparent, tracestate: 'vendor=1' } })
  await until(() => seen.length === 2)
  for (const headers of seen) assert.is(headers.tracestate, undefined)
  await fetch(`${api.url}/no-baggage`, { headers: { traceparent, baggage: 'tenant=acme' } })
  await until(() => seen.length === 3)
  assert.is(seen[2]?.baggage, undefined)
  assert.match(String(seen[2]?.traceparent), remote)
  await kernel.stop()
})

test('a request lasts no shorter than what it leads to', async () => {
  const api = http({ port: 0 })
  const service = new Service({ adapters: [opentelemetry()] }).on(api.get('/'), () =>
    trace.getTracer('mine').startActiveSpan('within', async (span) => {
      await new Promise(setImmediate)
      span.end()
    }),
  )
  const kernel = await running(service)
  for (let left = 20; left > 0; left--) await fetch(api.url).then((answer) => answer.text())
  await until(() => spans().length === 40)
  const seconds = ([whole, nanoseconds]: readonly [number, number]) => whole + nanoseconds / 1e9
  const within = spans().filter(({ name }) => name === 'within')
  for (const span of within) {
    const request = spans().find((other) => other.spanContext().spanId === span.parentSpanContext?.spanId)
    assert.ok(request && seconds(request.duration) >= seconds(span.duration))
  }
  await kernel.stop()
})

test('services of one kernel are observed once, however many of them list the adapter', async () => {
  const api = http({ port: 0 })
  const bus = memory()
  const first = new Service({ name: 'first', adapters: [opentelemetry()] }).on(api.get('/'), () =>
    bus.publish('topic', {}),
  )
  const second = new Service({ name: 'second', adapters: [opentelemetry()] }).on(bus.topic('topic'), () => {})
  const kernel = await running(first, second)
  await fetch(`${api.url}/nowhere`).then((answer) => answer.text())
  await fetch(api.url)
  await spanNamed('process topic')
  await spanNamed('GET /')
  assert.equal(
    spans()
      .map(({ name }) => name)
      .sort(),
    ['GET', 'GET /', 'process topic', 'publish topic'],
  )
  await kernel.stop()
})

test('a handler of an excluded websocket that fails makes no span', async () => {
  configureLogging({ logger: 'disabled' })
  const api = http({ port: 0 })
  const ws = websocket(api)
  const service = new Service({ adapters: [opentelemetry({ excludedUrls: ['^/quiet'] })] }).on(
    ws.path('/quiet'),
    () => {
      throw new Error('never seen')
    },
  )
  const kernel = await running(service)
  const [code] = await once(new WebSocket(`${api.url.replace('http', 'ws')}/quiet`), 'close')
  assert.is(code, 1_011)
  await kernel.stop()
  assert.is(spans().length, 0)
  configureLogging()
})

test('queries without signatures, targets without origins, addresses without brackets', async () => {
  const api = http({ port: 0 })
  const service = new Service({ adapters: [opentelemetry({ excludedUrls: ['^/healthz$'] })] })
    .on(api.get('/file'), () => '')
    .on(api.get('/healthz'), () => '')
  const kernel = await running(service)
  for (const query of ['sig=abcdefghijklmnop&se=1', 'x=1&Signature=abcdefghijklmnop'])
    await fetch(`${api.url}/file?${query}`)
  const { hostname, port } = new URL(api.url)
  const socket = connect(Number(port), hostname)
  for (const path of ['/healthz', '/file']) {
    socket.write(`GET http://user:hunter2@shop.test${path} HTTP/1.1\r\nHost: [::1]:81\r\n\r\n`)
    await once(socket, 'data')
  }
  socket.destroy()
  await until(() => spans().length === 3)
  const [first, second, third] = spans().map(({ attributes }) => attributes)
  assert.is(first?.['url.query'], 'sig=[redacted]&se=1')
  assert.is(second?.['url.query'], 'x=1&Signature=[redacted]')
  assert.is(third?.['url.path'], '/file')
  assert.is(third?.['server.address'], '::1')
  assert.is(third?.['server.port'], 81)
  await kernel.stop()
})

test('below an excluded request logs name the span of the caller as what it is', async () => {
  const records: Record<string, unknown>[] = []
  const note = (_: string, fields: Record<string, unknown>) => void records.push(fields)
  configureLogging({ logger: { info: note, warn: note, error: note } })
  const api = http({ port: 0, accessLog: false })
  const service = new Service({ adapters: [opentelemetry({ excludedUrls: ['^/$'] })] }).on(api.get('/'), () =>
    getLogger('mine').info('here'),
  )
  const kernel = await running(service)
  await fetch(api.url, { headers: { traceparent } })
  const { trace_id, span_id, parent_span_id } = records.find(({ logger }) => logger === 'mine') ?? {}
  assert.equal([trace_id, span_id, parent_span_id], [remote, undefined, 'b7ad6b7169203331'])
  await kernel.stop()
  configureLogging()
})

test('a call has one traceparent and one span with the instrumentation of undici, too', async () => {
  const { UndiciInstrumentation } = await import('@opentelemetry/instrumentation-undici')
  const instrumentation = new UndiciInstrumentation()
  const api = http({ port: 0 })
  const seen: unknown[] = []
  const service = new Service({ adapters: [opentelemetry()] }).on(api.get('/'), ({ request }) => {
    seen.push(request.headers.traceparent)
  })
  const kernel = await running(service)
  const calls = client(api.url)
  const caller = await running(new Service({ adapters: [opentelemetry(), calls] }))
  await calls.get('/')
  await until(() => spans().length === 2)
  const [server, call] = spans()
  assert.match(String(seen[0]), /^00-[\da-f]{32}-[\da-f]{16}-01$/)
  assert.is(parentOf(server as never).split('/')[1], call?.spanContext().spanId)
  instrumentation.disable()
  await caller.stop()
  await kernel.stop()
})

test.run()
