// What the log says of the work that it belongs to.
import { configureLogging, getLogger, Kernel, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../until.ts'

const test = suite('work in logs')

const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

function running(service: Service): Promise<Kernel> {
  return new Kernel([service], { ownsProcess: false }).start()
}

test('each record below a handler says which work it belongs to, whichever logger writes it', async () => {
  const records: Record<string, unknown>[] = []
  const note = (_: string, fields: Record<string, unknown>) => void records.push(fields)
  configureLogging({ logger: { info: note, warn: note, error: note } })
  const bus = memory()
  const api = http({ port: 0 })
  let done = 0
  const logged = (name: string) => {
    getLogger(name).info('a logger of the service')
    getLogger(`tomodachi.${name}`).info('a logger of the library')
    done++
  }
  const service = new Service({ name: 'traced' })
    .on(bus.topic('topic'), () => logged('message'))
    .on(api.get('/'), () => logged('request'))
  const kernel = await running(service)
  await bus.publish('topic', {}, { headers: { traceparent: parent } })
  const headers = { 'x-request-id': 'abc-1', traceparent: parent }
  await fetch(api.url, { headers })
  await until(() => done === 2)
  const workOf = (name: string) => {
    const { messageId, requestId, attempt, trace_id, parent_span_id, handler } =
      records.find(({ logger }) => logger === name) ?? {}
    return { messageId: typeof messageId, requestId, attempt, trace_id, parent_span_id, handler }
  }
  const trace = { trace_id: '0af7651916cd43dd8448eb211c80319c', parent_span_id: 'b7ad6b7169203331' }
  const message = { messageId: 'string', requestId: undefined, attempt: 1, ...trace }
  const request = { messageId: 'undefined', requestId: 'abc-1', attempt: undefined, ...trace }
  assert.equal(workOf('message'), { ...message, handler: 'topic' })
  assert.equal(workOf('tomodachi.message'), { ...message, handler: undefined })
  assert.equal(workOf('request'), { ...request, handler: 'GET /' })
  assert.equal(workOf('tomodachi.request'), { ...request, handler: undefined })
  await kernel.stop()
  configureLogging()
})

test('a request without an id that can be logged is given one, which stays', async () => {
  const api = http({ port: 0 })
  const ids: string[] = []
  const service = new Service({ name: 'ids' }).on(api.get('/'), ({ request }) => {
    ids.push(request.requestId, request.requestId)
  })
  const kernel = await running(service)
  const url = api.url
  for (const id of ['', 'with space', 'x'.repeat(201)]) await fetch(url, { headers: { 'x-request-id': id } })
  assert.is(ids.length, 6)
  assert.is(new Set(ids).size, 3)
  for (const id of ids) assert.match(id, /^[\da-f]{8}-[\da-f-]{27}$/)
  await kernel.stop()
})

test('what is logged of a message that failed says which it was', async () => {
  const records: Record<string, unknown>[] = []
  const note = (message: string, fields: Record<string, unknown>) => void records.push({ message, ...fields })
  configureLogging({ logger: { info: note, warn: note, error: note } })
  const bus = memory()
  const service = new Service({ name: 'failing' }).on(
    bus.topic('topic', { retry: { attempts: 2, backoff: () => 0 } }),
    () => {
      throw new Error('never')
    },
  )
  const kernel = await running(service)
  await bus.publish('topic', {}, { headers: { traceparent: parent } })
  await until(() => records.some(({ message }) => message === 'message dead-lettered'))
  const [retried, dead] = records.filter(({ message }) => /retried|dead-lettered/.test(String(message)))
  assert.is(typeof retried?.messageId, 'string')
  assert.is(retried?.messageId, dead?.messageId)
  assert.equal([retried?.attempt, dead?.attempt], [1, 2])
  for (const record of [retried, dead]) assert.is(record?.trace_id, '0af7651916cd43dd8448eb211c80319c')
  await kernel.stop()
  configureLogging()
})

test.run()
