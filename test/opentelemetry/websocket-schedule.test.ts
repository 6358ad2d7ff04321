import { once } from 'node:events'
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { Kernel, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { memory } from 'tomodachi/memory'
import { opentelemetry } from 'tomodachi/opentelemetry'
import { schedule } from 'tomodachi/schedule'
import { websocket } from 'tomodachi/websocket'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { WebSocket } from 'ws'
import { childOf, forgetSpans, keepSpans, parentOf, spanNamed, spans } from './spans.ts'

const test = suite('opentelemetry: websockets and ticks')
keepSpans()
test.before.each(forgetSpans)

const remote = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

test('a connection has a span, and each message a trace of its own with a link to it', async () => {
  const api = http({ port: 0 })
  const ws = websocket(api)
  const bus = memory()
  const service = new Service({ name: 'chat', adapters: [opentelemetry(), bus] }).on(
    ws.path('/chat/:room'),
    () => ({
      message: (text, { socket }) => bus.publish('said', { text }).then(() => socket.send('heard')),
      close: () => {},
    }),
  )
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  const client = new WebSocket(`${api.url.replace('http', 'ws')}/chat/tea`, {
    headers: { traceparent: remote },
  })
  await once(client, 'open')
  client.send('hello')
  await once(client, 'message')
  client.close(4_001)
  const connection = await spanNamed('websocket /chat/:room')
  assert.is(connection.kind, SpanKind.SERVER)
  assert.is(parentOf(connection), '0af7651916cd43dd8448eb211c80319c/b7ad6b7169203331')
  assert.is(connection.attributes['http.route'], '/chat/:room')
  assert.is(connection.attributes['url.path'], '/chat/tea')
  assert.is(connection.attributes['http.response.status_code'], 101)
  assert.is(connection.attributes['tomodachi.websocket.close_code'], 4_001)
  assert.is(connection.status.code, SpanStatusCode.UNSET)
  const message = await spanNamed('message /chat/:room')
  assert.is(message.parentSpanContext, undefined)
  assert.equal(
    message.links.map(({ context }) => context.spanId),
    [connection.spanContext().spanId],
  )
  assert.is(parentOf(await spanNamed('publish said')), childOf(message))
  assert.is(parentOf(await spanNamed('open /chat/:room')), childOf(connection))
  assert.is(parentOf(await spanNamed('close /chat/:room')), childOf(connection))
  assert.is(await kernel.stop(), 0)
})

test('a connection that a stop ends, and one whose handler fails, end their spans', async () => {
  const api = http({ port: 0 })
  const ws = websocket(api)
  const service = new Service({ name: 'chat', adapters: [opentelemetry()] })
    .on(ws.path('/stays'), () => ({}))
    .on(ws.path('/fails'), () => {
      throw new TypeError('no room')
    })
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  const url = api.url.replace('http', 'ws')
  const failing = new WebSocket(`${url}/fails`)
  const [code] = await once(failing, 'close')
  assert.is(code, 1_011)
  const failed = await spanNamed('websocket /fails')
  assert.is(failed.status.code, SpanStatusCode.ERROR)
  assert.is(failed.attributes['error.type'], '1011')
  assert.is((await spanNamed('open /fails')).attributes['error.type'], 'TypeError')
  const staying = new WebSocket(`${url}/stays`)
  await once(staying, 'open')
  const closed = once(staying, 'close')
  assert.is(await kernel.stop(), 0)
  await closed
  const stays = await spanNamed('websocket /stays')
  assert.is(stays.attributes['tomodachi.websocket.close_code'], 1_001)
})

test('a tick begins a trace, and says what it was planned by', async () => {
  const timer = schedule()
  const bus = memory()
  const service = new Service({ name: 'ticking', adapters: [opentelemetry(), bus] }).on(
    timer.every('1h', { immediately: true }),
    async function report() {
      await bus.publish('reported', {})
      throw new RangeError('nothing to report')
    },
  )
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  const tick = await spanNamed('report')
  assert.is(tick.kind, SpanKind.INTERNAL)
  assert.is(tick.parentSpanContext, undefined)
  assert.is(tick.attributes['code.function.name'], 'report')
  assert.is(tick.attributes['faas.trigger'], 'timer')
  assert.is(tick.attributes['faas.cron'], '1h')
  assert.match(String(tick.attributes['faas.time']), /^\d{4}-\d\d-\d\dT/)
  assert.is(tick.attributes['error.type'], 'RangeError')
  assert.is(parentOf(await spanNamed('publish reported')), childOf(tick))
  assert.is(spans().length, 2)
  assert.is(await kernel.stop(), 0)
})

test('excluded paths have neither span nor websocket span, and what comes below is passed on', async () => {
  const api = http({ port: 0 })
  const ws = websocket(api)
  const seen: unknown[] = []
  const bus = memory()
  const adapters = [opentelemetry({ excludedUrls: ['/healthz$', /^\/quiet/g] }), bus]
  const service = new Service({ name: 'quiet', adapters })
    .on(api.get('/healthz'), () => 'well')
    .on(api.get('/quiet/:x'), () => bus.publish('topic', {}, {}))
    .on(bus.topic('topic'), ({ headers }) => void seen.push(headers.traceparent))
    .on(ws.path('/quiet/socket'), () => ({}))
    .on(api.get('/loud'), () => 'x')
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  const headers = { traceparent: remote }
  for (const path of ['/healthz', '/quiet/1', '/quiet/2', '/loud'])
    await fetch(api.url + path, { headers }).then((answer) => answer.text())
  const client = new WebSocket(`${api.url.replace('http', 'ws')}/quiet/socket`)
  await once(client, 'open')
  client.close()
  await spanNamed('GET /loud')
  const names = spans().map(({ name }) => name)
  assert.equal(
    names.filter((name) => /GET|websocket|open/.test(name)),
    ['GET /loud'],
  )
  const publishes = spans().filter(({ name }) => name === 'publish topic')
  assert.equal(publishes.map(parentOf), Array(2).fill('0af7651916cd43dd8448eb211c80319c/b7ad6b7169203331'))
  assert.is(seen.length, 2)
  assert.is(await kernel.stop(), 0)
})

test.run()
