import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { metrics } from '@opentelemetry/api'
import { configureLogging, hasCode, Kernel, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { memory } from 'tomodachi/memory'
import { type OpenTelemetryOptions, opentelemetry } from 'tomodachi/opentelemetry'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { failureOf } from '../http/serving.ts'
import { deferred } from '../kernel/fake-adapter.ts'
import { until } from '../until.ts'
import { readOpenMetrics } from './open-metrics.ts'
import { keepSpans, spans } from './spans.ts'

configureLogging({ logger: 'disabled' })
keepSpans()

const prometheus = suite('opentelemetry: prometheus')
const openMetrics = { accept: 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5' }

/** Runs a service with an endpoint; `handle` ends its only request. */
async function running(
  options: OpenTelemetryOptions['prometheus'] = {},
  port = 0,
  handle: () => unknown = () => 'ok',
) {
  const given = typeof options === 'object' ? { port, host: '127.0.0.1', ...options } : options
  const telemetry = opentelemetry({ prometheus: given })
  const api = http({ port: 0 })
  const bus = memory()
  const service = new Service({ name: 'orders', adapters: [telemetry] })
    .on(api.get('/orders/:id'), () => handle() as string)
    .on(bus.topic('order'), () => {})
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  const url = telemetry.endpoints?.[0] as string
  const read = async () => readOpenMetrics(await (await fetch(url, { headers: openMetrics })).text())
  return { api, bus, kernel, url, read, port: Number(new URL(url).port) }
}

prometheus('OpenMetrics for those who accept it, else plain text, with the same samples', async () => {
  const { api, bus, kernel, url, read } = await running()
  await api.inject('/orders/1')
  await bus.publish('order', {})
  await until(async () => (await read()).some(({ name }) => name === 'messaging_process_duration_seconds'))
  const families = await read()
  const named = (name: string) => families.find((family) => family.name === name)
  assert.is(named('http_server_request_duration_seconds')?.unit, 'seconds')
  assert.is(named('messaging_client_consumed_messages')?.type, 'counter')
  assert.is(named('tomodachi_handlers_running')?.type, 'gauge')
  assert.is(named('nodejs_eventloop_utilization_ratio')?.unit, 'ratio')
  const target = named('target')?.samples[0]?.labels
  assert.is(target?.service_name, 'orders')
  assert.is(named('tomodachi_retries')?.samples[0]?.labels.otel_scope_name, 'tomodachi')
  const [rich, plain] = await Promise.all([fetch(url, { headers: openMetrics }), fetch(url)])
  assert.is(rich.headers.get('content-type'), 'application/openmetrics-text; version=1.0.0; charset=utf-8')
  assert.is(plain.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  const text = await plain.text()
  assert.match(text, /^# TYPE messaging_client_consumed_messages_total counter$/m)
  assert.not.match(text, /# (UNIT|EOF)/)
  const samplesOf = (all: string) =>
    all
      .split('\n')
      .filter((row) => !row.startsWith('#'))
      .map((row) => row.split('} ')[0])
  assert.equal(samplesOf(text), samplesOf(await rich.text()))
  await kernel.stop()
})

prometheus('prefix, scope and target can be chosen, and the environment names the service', async () => {
  process.env.OTEL_SERVICE_NAME = 'named'
  const { api, kernel, read } = await running({ prefix: 'shop', scope: false })
  await api.inject('/orders/1')
  const families = await read()
  assert.is(families.find(({ name }) => name === 'target')?.samples[0]?.labels.service_name, 'named')
  const rest = families.filter(({ name }) => name !== 'target')
  assert.ok(rest.length > 5 && rest.every(({ name }) => name.startsWith('shop_')))
  assert.ok(rest.every(({ samples }) => samples.every(({ labels }) => labels.otel_scope_name === undefined)))
  await kernel.stop()
  delete process.env.OTEL_SERVICE_NAME
  const other = await running({ target: false })
  assert.ok((await other.read()).every(({ name }) => name !== 'target'))
  await other.kernel.stop()
})

prometheus('buckets show a trace when exemplars are on, in OpenMetrics alone', async () => {
  const { api, bus, kernel, url, read } = await running({ exemplars: true })
  await api.inject('/orders/1')
  await bus.publish('order', {})
  await until(() =>
    ['GET /orders/:id', 'process order', 'publish order'].every((name) =>
      spans().some((span) => span.name === name),
    ),
  )
  const exemplarOf = async (family: string, route = '') => {
    const { samples = [] } = (await read()).find(({ name }) => name === family) ?? {}
    const ids = samples.flatMap(({ exemplar, labels }) =>
      exemplar && JSON.stringify(labels).includes(route) ? [exemplar] : [],
    )
    return ids.at(-1)
  }
  for (const [family, name] of [
    ['http_server_request_duration_seconds', 'GET /orders/:id'],
    ['messaging_process_duration_seconds', 'process order'],
    ['messaging_client_operation_duration_seconds', 'publish order'],
  ] as const) {
    const exemplar = await exemplarOf(family)
    const { traceId, spanId } =
      spans()
        .findLast((span) => span.name === name)
        ?.spanContext() ?? {}
    assert.equal(exemplar?.labels, { trace_id: traceId, span_id: spanId }, family)
    assert.ok(Math.abs((exemplar?.time ?? 0) - Date.now() / 1_000) < 60)
  }
  assert.not.match(await (await fetch(url)).text(), /trace_id/)
  await kernel.stop()
  const without = await running()
  await without.api.inject('/orders/1')
  assert.ok((await without.read()).every(({ samples }) => samples.every(({ exemplar }) => !exemplar)))
  await without.kernel.stop()
})

prometheus('the meters of a program are read too, and metrics count on over a restart', async () => {
  const first = await running()
  const counter = metrics
    .getMeter('own')
    .createCounter('own.things', { unit: '{thing}', description: 'a "quoted"\nhelp' })
  counter.add(2, { 'a.b': 'x"y\\z\n', a_b: 'other', flag: true })
  const own = async (read: typeof first.read) =>
    (await read()).find(({ name }) => name === 'own_things')?.samples
  const labels = { a_b: 'x"y\\z\n;other', flag: 'true', otel_scope_name: 'own' }
  assert.equal(await own(first.read), [{ name: 'own_things_total', labels, value: 2, exemplar: undefined }])
  await first.kernel.stop()
  counter.add(1, { 'a.b': 'x"y\\z\n', a_b: 'other', flag: true })
  const second = await running()
  assert.is((await own(second.read))?.[0]?.value, 3)
  await second.kernel.stop()
})

prometheus('HEAD, other methods and other paths', async () => {
  const { kernel, url } = await running()
  const head = await fetch(url, { method: 'HEAD', headers: openMetrics })
  assert.is(head.status, 200)
  assert.match(head.headers.get('content-type') ?? '', /^application\/openmetrics-text/)
  assert.is(await head.text(), '')
  const post = await fetch(url, { method: 'POST', body: 'x'.repeat(100_000) })
  assert.equal([post.status, post.headers.get('allow')], [405, 'GET, HEAD'])
  assert.is((await fetch(url.replace('/metrics', '/'))).status, 404)
  assert.is((await fetch(`${url}?name[]=up`)).status, 200)
  for (const accept of [
    'application/openmetrics-text;q=0',
    'application/openmetrics-text; version=0.0.1',
    '*/*',
  ])
    assert.match(
      (await fetch(url, { headers: { accept } })).headers.get('content-type') ?? '',
      /^text\/plain/,
    )
  await kernel.stop()
})

prometheus('a taken port is the usual error', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const error = await failureOf(() => running({ port }))
  assert.ok(hasCode(error, 'ADDRESS_IN_USE'))
  assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}`))
  taken.close()
})

prometheus('50 restarts with a scrape each: no port error', async () => {
  let port = 0
  for (let round = 0; round < 50; round++) {
    const one = await running({}, port)
    port = one.port
    assert.is((await fetch(one.url)).status, 200)
    assert.is(await one.kernel.stop(), 0)
  }
})

prometheus(
  'the port is free for the next process while work drains, which open connections can watch',
  async () => {
    const end = deferred<string>()
    const old = await running({}, 0, () => end.promise)
    const asking = old.api.inject('/orders/1')
    const socket = connect(old.port, '127.0.0.1').setEncoding('latin1')
    const scrape = async () => {
      let text = ''
      const more = (chunk: string) => {
        text += chunk
      }
      socket.on('data', more)
      socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: application/openmetrics-text\r\n\r\n')
      await until(() => text.endsWith('# EOF\n'))
      socket.off('data', more)
      return text
    }
    await scrape()
    const stopping = old.kernel.stop()
    await until(() => old.kernel.state === 'draining')
    const next = await running({}, old.port)
    assert.is((await fetch(next.url)).status, 200)
    assert.match(await scrape(), /handlers_running/)
    end.resolve('done')
    await asking
    // The idle connection does not hold up the stop.
    assert.is(await stopping, 0)
    await next.kernel.stop()
    socket.destroy()
  },
)

prometheus('clients that send nothing, or read nothing, do not hold up the stop', async () => {
  const { kernel, port } = await running()
  const silent = connect(port, '127.0.0.1')
  const half = connect(port, '127.0.0.1')
  half.write('GET /metrics HTT')
  const deaf = connect(port, '127.0.0.1').pause()
  deaf.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(200))
  for (const socket of [silent, half, deaf]) {
    socket.on('error', () => {})
    if (socket.connecting) await once(socket, 'connect')
  }
  const before = performance.now()
  await kernel.stop()
  assert.ok(performance.now() - before < 2_500)
  for (const socket of [silent, half, deaf]) socket.destroy()
})

prometheus.run()
