import { Retry, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { quiet, started } from '../kernel/started.ts'
import { until } from '../until.ts'

const trace = suite('traces on the memory bus')
trace.before(quiet)

const headers = {
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'a=1',
  baggage: 'tenant=7',
}

trace('a message with a traceparent of its own has no state of another trace', async () => {
  const bus = memory()
  const own = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' }
  const seen: unknown[] = []
  const service = new Service()
    .on(bus.topic('first'), () => bus.publish('second', 2, { headers: own }))
    .on(bus.topic('second'), ({ headers }) => {
      seen.push(headers)
    })
  const kernel = await started(service)
  await bus.publish('first', 1, { headers })
  await until(() => seen.length === 1, 'the second message')
  assert.equal(seen, [{ ...own, baggage: 'tenant=7' }])
  await kernel.stop()
})

trace(
  'a request, what its handler publishes, retries, delays and the dead letter belong to one trace',
  async () => {
    const api = http({ port: 0, host: '127.0.0.1' })
    const bus = memory()
    const seen: unknown[] = []
    const service = new Service()
      .on(api.post('/'), async () => bus.publish('first', 1))
      .on(bus.topic('first', { retry: { backoff: () => 1 } }), async ({ headers, attempt }) => {
        seen.push(headers)
        if (attempt === 1) throw new Error('not yet')
        if (attempt === 2) throw new Retry({ after: 1 })
        await bus.publish('second', 2, { delay: 1 })
      })
      .on(bus.topic('second', { retry: { attempts: 1 } }), ({ headers }) => {
        seen.push(headers)
        throw new Error('never')
      })
    const kernel = await started(service)
    const response = await api.inject({
      method: 'POST',
      url: '/',
      headers: { ...headers, 'x-other': 'stays' },
    })
    assert.is(response.statusCode, 200)
    await until(() => bus.deadLetters('second.dead').length === 1, 'a dead letter')
    assert.equal(seen, [headers, headers, headers, headers])
    const [dead] = bus.deadLetters('second.dead')
    assert.is(dead?.headers.traceparent, headers.traceparent)
    await kernel.stop()
  },
)

trace('headers that a publisher gives come first, and outside of handlers there is no trace', async () => {
  const bus = memory()
  const seen: unknown[] = []
  const own = headers.traceparent.replace('0af', '1af')
  const service = new Service()
    .on(bus.topic('first'), () => bus.publish('second', 1, { headers: { traceparent: own } }))
    .on(bus.topic('second'), ({ headers }) => void seen.push(headers.traceparent))
  const kernel = await started(service)
  await bus.publish('second', 0)
  await bus.publish('first', 0, { headers })
  await until(() => seen.length === 2, 'both')
  assert.equal(seen, [undefined, own])
  await kernel.stop()
})

trace.run()
