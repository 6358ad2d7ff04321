import { Kernel, Service, use } from 'tomodachi'
import type { Departure, Instrument } from 'tomodachi/adapter-kit'
import { client, http } from 'tomodachi/http'
import { memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../until.ts'

const test = suite('instruments')

const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const own = '00-11111111111111111111111111111111-2222222222222222-01'

/** An adapter that notes what its instrument is told, and injects one trace. */
function noting(name = 'noting', traceparent = own) {
  const notes: string[] = []
  const departures: Departure[] = []
  const instrument: Instrument = {
    enter(delivery, run) {
      notes.push(`${name} enter ${delivery.actor.address} ${delivery.started}`)
      return run()
    },
    leave(departure, send) {
      notes.push(`${name} leave ${departure.transport} ${departure.operation} ${departure.target}`)
      departures.push(departure)
      return send()
    },
    inject(headers) {
      headers.traceparent = traceparent
    },
    fields: () => ({ [`${name}_id`]: 'one' }),
  }
  const adapter = { name, instrument, async start() {}, async pause() {}, async close() {} }
  return { adapter, notes, departures }
}

function running(service: Service): Promise<Kernel> {
  return new Kernel([service], { ownsProcess: false }).start()
}

test('it stands around middleware and handlers, and around what is published', async () => {
  const { adapter, notes, departures } = noting()
  const bus = memory()
  const seen: unknown[] = []
  const service = new Service({
    name: 'instrumented',
    adapters: [adapter, bus],
    use: use((_, next) => {
      notes.push('middleware')
      return next()
    }),
  }).on(bus.topic('order.created'), ({ headers }) => {
    notes.push('handler')
    seen.push(headers.traceparent)
  })
  const kernel = await running(service)
  await bus.publish('order.created', { id: 1 })
  await until(() => seen.length === 1)
  assert.equal(notes, [
    'noting leave memory publish order.created',
    'noting enter memory order.created true',
    'middleware',
    'handler',
  ])
  assert.equal(seen, [own])
  assert.equal(departures[0]?.facts.adapter, 'memory')
  assert.ok(Number(departures[0]?.facts.bytes) > 0)
  assert.is(await kernel.stop(), 0)
})

test('the traceparent of the caller is sent as it is, and that of the instrument replaces what came in', async () => {
  const { adapter } = noting()
  const bus = memory()
  const seen = new Map<string, unknown>()
  const service = new Service({ name: 'instrumented', adapters: [adapter, bus] })
    .on(bus.topic('first'), () => bus.publish('second', {}))
    .on(bus.topic('second'), ({ headers }) => void seen.set('second', headers.traceparent))
    .on(bus.topic('third'), ({ headers }) => void seen.set('third', headers.traceparent))
  const kernel = await running(service)
  await bus.publish('first', {}, { headers: { traceparent: parent } })
  await bus.publish('third', {}, { headers: { traceparent: parent } })
  await until(() => seen.size === 2)
  assert.is(seen.get('second'), own)
  assert.is(seen.get('third'), parent)
  assert.is(await kernel.stop(), 0)
})

test('it stands around each attempt of a call, with headers of its own', async () => {
  const { adapter, notes, departures } = noting()
  const api = http({ port: 0 })
  const seen: unknown[] = []
  let tries = 0
  const server = new Service({ name: 'server' }).on(api.get('/stock/:id'), ({ request }) => {
    seen.push(request.headers.traceparent)
    return tries++ === 0 ? [503, 'later'] : [200, 'ok']
  })
  const serving = await running(server)
  const stock = client(api.url, { retry: { backoff: () => 0 } })
  const caller = await running(new Service({ name: 'caller', adapters: [adapter, stock] }))
  const { status } = await stock.get('/stock/:id', { params: { id: '7' }, query: { secret: 'x' } })
  assert.is(status, 200)
  assert.equal(seen, [own, own])
  const leaving = `noting leave http GET ${stock.url}/stock/7`
  assert.equal(notes, [leaving, leaving])
  assert.equal(
    departures.map(({ facts }) => [facts.attempt, facts.status]),
    [
      [1, 503],
      [2, 200],
    ],
  )
  await caller.stop()
  await serving.stop()
})

test('of several instruments the first is outermost, and all have their say', async () => {
  const [first, second] = [noting('first'), noting('second', parent)]
  const notes: string[] = []
  first.notes.push = second.notes.push = (...given) => notes.push(...given)
  const bus = memory()
  let headers: Readonly<Record<string, unknown>> | undefined
  const service = new Service({ name: 'instrumented', adapters: [first.adapter, second.adapter, bus] }).on(
    bus.topic('topic'),
    (message) => {
      headers = message.headers
    },
  )
  const kernel = await running(service)
  await bus.publish('topic', {})
  await until(() => headers !== undefined)
  assert.equal(
    notes.map((note) => note.split(' ').slice(0, 2).join(' ')),
    ['first leave', 'second leave', 'first enter', 'second enter'],
  )
  assert.is(headers?.traceparent, parent)
  assert.is(await kernel.stop(), 0)
})

test('an instrument that fails decides nothing about what is published and settled', async () => {
  const bus = memory()
  const { adapter } = noting()
  const failing: Instrument = {
    ...adapter.instrument,
    leave(departure, send) {
      void send()
      throw new Error(`no span for ${departure.target}`)
    },
    fields: () => {
      throw new Error('no fields')
    },
  }
  const attempts: number[] = []
  const service = new Service({ name: 'failing', adapters: [{ ...adapter, instrument: failing }] }).on(
    bus.topic('topic', { retry: { attempts: 2, backoff: () => 0 } }),
    ({ attempt, log }) => {
      attempts.push(attempt)
      log.info('still logged')
      throw new Error('never')
    },
  )
  const kernel = await running(service)
  const failure = await bus.publish('topic', {}).catch((error: Error) => error.message)
  assert.is(failure, 'no span for topic')
  await until(async () => (await bus.deadLetterQueues.list(kernel.actors()))[0]?.count === 1)
  assert.equal(attempts, [1, 2])
  assert.is(await kernel.stop(), 0)
})

test('observers learn how long a publish took and how large it was, or why it failed', async () => {
  const bus = memory()
  const kernel = await running(new Service({ name: 'publisher', adapters: [bus] }))
  const told: unknown[] = []
  kernel.bus.on('published', ({ elapsed, bytes, ...rest }) => {
    told.push({ ...rest, took: elapsed >= 0, bytes })
  })
  kernel.bus.on('unpublished', ({ elapsed, error, ...rest }) => {
    told.push({ ...rest, took: elapsed >= 0, error: (error as { code?: string }).code })
  })
  await bus.publish('topic', 'four', {
    envelope: { build: () => 'four', parse: () => ({ data: '' }) } as never,
  })
  const circular: Record<string, unknown> = {}
  circular.self = circular
  await bus.publish('topic', circular).catch(() => {})
  const subject = { adapter: 'memory', transport: 'memory', topic: 'topic', took: true }
  assert.equal(told, [
    { ...subject, bytes: 4 },
    { ...subject, error: 'PAYLOAD_UNBUILDABLE' },
  ])
  await kernel.stop()
})

test.run()
