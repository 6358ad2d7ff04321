import { type BusEvent, type Delivery, Kernel, Service } from 'tomodachi'
import { Envelope } from 'tomodachi/envelopes'
import { memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deferred, fakeAdapter, turn } from '../fake-adapter.ts'
import { logged, quiet, started, thrownBy } from '../started.ts'

const bus = suite('bus')
bus.before(quiet)

bus('received and settled are told of every delivery, in order, with what is known by then', async () => {
  const adapter = fakeAdapter()
  const work = deferred()
  const kernel = await started(new Service().on(adapter.source('work'), () => work.promise))
  const seen: [string, Delivery, string | undefined][] = []
  for (const key of ['received', 'settled'] as const) {
    kernel.bus.on(key, (delivery) => void seen.push([key, delivery, delivery.settlement?.state]))
  }
  const { delivery } = adapter.send('work', { id: 1 })
  assert.equal(
    seen.map(([key, of, state]) => [key, of === delivery, state]),
    [['received', true, undefined]],
  )
  work.resolve()
  await turn()
  assert.equal(
    seen.slice(1).map(([key, of, state]) => [key, of === delivery, state]),
    [['settled', true, 'acked']],
  )
  assert.equal(delivery.envelope.given, { id: 1 })
  assert.is(delivery.actor.source.address, 'work')
  assert.type(delivery.receivedAt, 'number')
  await kernel.stop()
})

bus('published names adapter and topic', async () => {
  const messages = memory({ name: 'events' })
  const kernel = await started(new Service({ adapters: [messages] }))
  const seen: unknown[] = []
  kernel.bus.on('published', ({ adapter, transport, topic }) => void seen.push([adapter, transport, topic]))
  await messages.publish('order.created', {})
  assert.equal(seen, [['events', 'memory', 'order.created']])
  await kernel.stop()
})

bus('lifecycle tells each transition, from the first to the last', async () => {
  const kernel = new Kernel([new Service({ adapters: [fakeAdapter()] })], { ownsProcess: false })
  const seen: string[] = []
  kernel.bus.on('lifecycle', ({ from, to, event }) => void seen.push(`${from} -> ${to}: ${event}`))
  await kernel.start()
  await kernel.stop()
  assert.equal(seen, [
    'idle -> starting.preparing: start',
    'starting.preparing -> starting.connecting: runStartHooks done',
    'starting.connecting -> starting.announcing: startAdapters done',
    'starting.announcing -> started: runStartedHooks done',
    'started -> stopping: stop',
    'stopping -> draining.waiting: pauseAdapters done',
    'draining.waiting -> draining.closing: waitUntilIdle done',
    'draining.closing -> draining.finishing: closeAdapters done',
    'draining.finishing -> stopped: runStopHooks done',
  ])
})

bus('an adapter adds events of its own', async () => {
  const opened: BusEvent<{ readonly room: string }> = 'fake.opened'
  const kernel = await started(new Service({ adapters: [fakeAdapter()] }))
  const rooms: string[] = []
  assert.is(kernel.bus.watched(opened), false)
  const stop = kernel.bus.on(opened, ({ room }) => void rooms.push(room))
  assert.is(kernel.bus.watched(opened), true)
  kernel.bus.emit(opened, { room: 'lobby' })
  stop()
  kernel.bus.emit(opened, { room: 'attic' })
  assert.equal(rooms, ['lobby'])
  assert.is(kernel.bus.watched(opened), false)
  await kernel.stop()
})

bus(
  'listeners that throw or reject are logged, and disturb neither each other nor the delivery',
  async () => {
    const adapter = fakeAdapter()
    const kernel = await started(new Service().on(adapter.source('work'), () => 'done'))
    let last = 0
    for (const key of ['received', 'settled'] as const) {
      kernel.bus.on(key, () => {
        throw new Error('listener threw')
      })
      kernel.bus.on(key, async () => Promise.reject(new Error('listener rejected')))
      kernel.bus.on(key, () => void last++)
    }
    kernel.bus.on('lifecycle', () => {
      throw new Error('listener threw')
    })
    const records = logged('error')
    assert.equal(await adapter.send('work').settled, { state: 'acked', reply: 'done' })
    assert.is(await kernel.stop(), 0)
    quiet()
    assert.is(last, 2)
    for (const key of ['received', 'settled', 'lifecycle']) {
      assert.ok(records.some(({ message }) => message === `the listener of ${key} failed`))
    }
    assert.is(records.filter((record) => JSON.stringify(record).includes('listener rejected')).length, 2)
  },
)

bus('who stops listening is told no more, also from within; others still are', async () => {
  const adapter = fakeAdapter()
  const kernel = await started(new Service().on(adapter.source('work'), () => {}))
  const seen: string[] = []
  const stopFirst = kernel.bus.on('received', () => {
    seen.push('first')
    stopFirst()
  })
  kernel.bus.on('received', () => void seen.push('second'))
  adapter.send('work')
  adapter.send('work')
  assert.equal(seen, ['first', 'second', 'second'])
  await kernel.stop()
})

bus('an envelope for nobody is an error that names the address', async () => {
  const kernel = await started(new Service({ adapters: [fakeAdapter()] }))
  const failure = await thrownBy(() => kernel.bus.deliver(new Envelope('fake nowhere', {}), () => {}))
  assert.is(failure.code, 'NO_ACTOR')
  assert.match(failure.message, 'fake nowhere')
  await kernel.stop()
})

bus('handlers of the same source have addresses of their own', async () => {
  const adapter = fakeAdapter()
  const source = adapter.source('work')
  const other = fakeAdapter()
  const service = new Service()
    .on(source, () => 'one')
    .on(source, () => 'two')
    .on(other.source('work'), () => 'three')
  const kernel = await started(service)
  assert.equal(
    kernel.actors().map(({ address }) => address),
    ['fake work', 'fake work#2', 'fake#2 work'],
  )
  await kernel.stop()
})

bus.run()
