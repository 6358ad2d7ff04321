import { Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { websocket } from 'tomodachi/websocket'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Client } from '../../websocket/client.ts'
import { accessLines, ask, type Logged, logged, serve, stopAll, until } from '../serving.ts'

const identity = suite('http access log: what identifies it')
identity.after.each(stopAll)

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const trace = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7']

const handlers = {
  '/fine': () => 'fine',
  '/at-once': () => assert.unreachable(),
  '/later': async () => assert.unreachable(),
  '/unwritable': () => [200, 'x', { 'X-Bad': 'a\nb' }],
}

/** What is logged for one request: the line of the access log, and the errors. */
async function recordsOf(path: string, headers: Record<string, string>) {
  const records = logged()
  const api = http({ port: 0 })
  const service = new Service()
  for (const [each, handler] of Object.entries(handlers)) service.on(api.get(each), handler as () => string)
  await serve(service)
  await ask(api, 'GET', path, headers)
  await until(() => accessLines(records).length > 0)
  const errors = records.filter(({ level }) => level === 'error').map(({ fields }) => fields)
  return { line: accessLines(records)[0] ?? {}, errors }
}

const identityOf = ({ requestId, trace_id, parent_span_id }: Logged['fields']) => [
  requestId,
  trace_id,
  parent_span_id,
]

for (const path of ['/fine', '/later', '/unknown']) {
  identity(`the line of ${path} has the id of its request and the trace`, async () => {
    const { line } = await recordsOf(path, { 'X-Request-Id': 'r1', traceparent })
    assert.equal(identityOf(line), ['r1', ...trace])
    await stopAll()
    const { line: made } = await recordsOf(path, { traceparent: '00-no-trace-01' })
    assert.match(made.requestId, /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
    assert.equal(identityOf(made).slice(1), [undefined, undefined])
  })
}

for (const path of ['/at-once', '/later', '/unwritable']) {
  identity(`what is logged about the failure of ${path} says the same as its line`, async () => {
    const { line, errors } = await recordsOf(path, { traceparent })
    assert.is(errors.length, 1)
    assert.equal(identityOf(errors[0] ?? {}), [line.requestId, ...trace])
    assert.equal(identityOf(line), [line.requestId, ...trace])
  })
}

identity('the lines of a websocket have its id and the trace', async () => {
  const records = logged()
  const api = http({ port: 0 })
  await serve(new Service().on(websocket(api).path('/chat'), () => ({})))
  const client = await Client.open(api, '/chat', [], { headers: { traceparent } })
  client.socket.close(1000)
  await until(() => accessLines(records).length === 2)
  const lines = accessLines(records)
  for (const { websocket_id, ...line } of lines) {
    assert.is(websocket_id, lines[0]?.websocket_id)
    assert.equal(identityOf(line), [undefined, ...trace])
  }
})

identity('the server says where it listens', async () => {
  const records = logged()
  const api = http({ port: 0 })
  await serve(new Service().on(api.get('/'), () => 'text'))
  const [line] = records.filter(({ message }) => message === 'accepting http requests')
  assert.equal(line?.fields, { url: api.url })
})

identity.run()
