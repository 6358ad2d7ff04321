// time limit: 180 s
// node: 24 only
// needs: redis
// What stands on the server.
import { configureLogging, Kernel, Service } from 'tomodachi'
import { raw } from 'tomodachi/envelopes'
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import { ask, consuming, scene, started, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('streams of Redis')

test('what is done with is gone, and what is not read stays', async () => {
  const { bus, publisher, key, close } = await scene()
  const handled: unknown[] = []
  const kernel = await consuming(bus(), 'topic', { queue: 'queue' }, ({ data }) => handled.push(data))
  await Promise.all([1, 2, 3].map((n) => publisher.publish('topic', n)))
  await until(() => handled.length === 3)
  await until(async () => (await ask<number>('XLEN', key('queue'))) === 0)
  await kernel.stop()
  await Promise.all([4, 5].map((n) => publisher.publish('topic', n)))
  assert.is(await ask<number>('XLEN', key('queue')), 2)
  await close()
})

test('a handler is given all that arrived', async () => {
  const { bus, publisher, close } = await scene()
  const seen: (readonly [object, object])[] = []
  const kernel = await consuming(bus(), 'topic', { queue: 'queue' }, ({ envelope, ...values }) =>
    seen.push([values, envelope.given]),
  )
  await publisher.publish('topic', 1)
  await until(() => seen.length === 1)
  const [values, given] = seen[0] ?? []
  assert.equal({ ...values }, given)
  assert.equal(Object.keys(given ?? {}).sort(), [
    'attempt',
    'data',
    'headers',
    'id',
    'metadata',
    'redeliveries',
    'topic',
  ])
  await kernel.stop()
  await close()
})

test('a message whose queue is broken fails alone: its neighbours arrive once, and so do its other copies', async () => {
  const { bus, publisher, key, close } = await scene()
  const consumer = bus()
  const kernel = await started(consumer, (service) => {
    for (const topic of ['good', 'bad']) service.on(consumer.topic(topic, { queue: topic }), () => {})
    service.on(consumer.topic('*', { queue: 'all' }), () => {})
  })
  await kernel.stop()
  await ask('DEL', key('bad'))
  await ask('SET', key('bad'), 'a text')
  for (const delay of [0, 60_000]) {
    const topics = ['good', 'bad', 'good', 'bad', 'good']
    const outcomes = await Promise.allSettled(topics.map((topic) => publisher.publish(topic, 1, { delay })))
    for (const [place, outcome] of outcomes.entries()) {
      if (topics[place] === 'good') assert.is(outcome.status, 'fulfilled')
      else
        assert.match(
          (outcome as PromiseRejectedResult).reason,
          /did not accept the message for bad: .*WRONGTYPE/,
        )
    }
    const counted = (queue: string) =>
      delay === 0 ? ask<number>('XLEN', key(queue)) : ask<number>('ZCARD', `${key(queue)}:delayed`)
    assert.equal(await Promise.all(['good', 'all'].map(counted)), [3, 5])
  }
  await close()
})

test('an entry holds topic, id, attempt, headers as JSON and the payload as it is; handlers are given its id', async () => {
  const { bus, publisher, key, close } = await scene()
  const consumer = bus()
  const given: Record<string, unknown>[] = []
  const kernel = await started(consumer, (service) =>
    service.on(consumer.topic('a.*', { queue: 'queue', envelope: raw({ as: 'bytes' }) }), (message) => {
      given.push({ ...message })
    }),
  )
  await kernel.stop()
  const headers = { text: 'grün', list: [1, { a: null }], bytes: Uint8Array.of(0, 255) }
  await publisher.publish('a.b', Uint8Array.of(0, 1, 254, 255), { envelope: raw(), headers })
  const [[id, fields]] = await ask<[[string, string[]]]>('XRANGE', key('queue'), '-', '+')
  assert.equal(
    fields.filter((_, at) => at % 2 === 0),
    ['topic', 'id', 'attempt', 'headers', 'payload'],
  )
  assert.equal([fields[1], fields[5]], ['a.b', '1'])
  assert.equal(JSON.parse(fields[7] ?? ''), { ...headers, bytes: { type: 'Buffer', data: [0, 255] } })

  const again = bus()
  const second = await started(again, (service) =>
    service.on(again.topic('a.*', { queue: 'queue', envelope: raw({ as: 'bytes' }) }), (message) => {
      given.push({ ...message })
    }),
  )
  await until(() => given.length === 1)
  const { data, attempt, topic, id: entry, headers: received } = given[0] ?? {}
  assert.equal([[...(data as Uint8Array)], attempt, topic, entry], [[0, 1, 254, 255], 1, 'a.b', id])
  assert.equal(received, { ...headers, bytes: Buffer.of(0, 255) })
  await second.stop()
  await close()
})

test('a publisher sees bindings that others make later, and queues that are gone lose theirs', async () => {
  const { bus, publisher, prefix, key, close } = await scene()
  await publisher.publish('late', 'nobody gets it')
  const seen: unknown[] = []
  for (const [queue, pattern] of [
    ['one', 'late'],
    ['two', '#'],
  ] as const)
    await (await consuming(bus(), pattern, { queue }, () => {})).stop()
  await publisher.publish('late', 'two get it')
  assert.equal([await ask('XLEN', key('one')), await ask('XLEN', key('two'))], [1, 1])
  await ask('DEL', key('one'))
  await publisher.publish('late', 'one gets it')
  assert.equal([await ask('EXISTS', key('one')), await ask('XLEN', key('two'))], [0, 2])
  const third = await consuming(bus(), 'other', { queue: 'three' }, ({ data }) => seen.push(data))
  await publisher.publish('late', 'and that the first queue is gone is noticed')
  assert.is(await ask('SCARD', `${prefix}:bindings`), 2)
  await third.stop()
  await close()
})

test('a topic may contain any character, emoji too', async () => {
  const { bus, publisher, close } = await scene()
  const topics = ['x\u{1f600}y.b', 'grün.ä', 'q[1].%d', 'w^$', 'a+.-b']
  const seen: unknown[] = []
  const consumer = bus()
  const kernel = await started(consumer, (service) => {
    for (const [at, topic] of topics.entries())
      service.on(consumer.topic(topic, { queue: `queue-${at}` }), ({ data }) => void seen.push(data))
  })
  for (const topic of topics) await publisher.publish(topic, topic)
  await until(() => seen.length === topics.length)
  assert.equal([...seen].sort(), [...topics].sort())
  await kernel.stop()
  await close()
})

test('a delay of less than a second by a publisher that has died is kept', async () => {
  const { bus, publisher, close } = await scene()
  const seen: number[] = []
  const kernel = await consuming(bus(), 'topic', { queue: 'queue' }, () => seen.push(performance.now()))
  const other = bus()
  const publishing = await started(other)
  const before = performance.now()
  await other.publish('topic', 'later', { delay: 400 })
  await publishing.stop()
  await publisher.publish('topic', 'at once')
  await until(() => seen.length === 2)
  assert.ok((seen[1] ?? 0) - before >= 390, 'it came too early')
  await kernel.stop()
  await close()
})

test('scripts that the server has forgotten are sent again', async () => {
  const { bus, publisher, close } = await scene()
  const seen: unknown[] = []
  const kernel = await consuming(bus(), 'topic', { queue: 'queue' }, ({ data }) => seen.push(data))
  await ask('SCRIPT', 'FLUSH')
  await publisher.publish('topic', 1)
  await until(() => seen.length === 1)
  await kernel.stop()
  await close()
})

test('a key that is no stream makes errors with a code', async () => {
  const { bus, publisher, key, close } = await scene()
  await ask('SET', key('queue'), 'in the way')
  const blocked = bus()
  const service = new Service().on(blocked.topic('topic', { queue: 'queue' }), () => {})
  const error = await new Kernel([service], { ownsProcess: false }).start().catch((reason) => reason)
  assert.is(error.code, 'BROKER_REFUSED')
  assert.match(error.message, 'WRONGTYPE')
  await ask('DEL', key('queue'))
  await (await consuming(bus(), 'topic', { queue: 'queue' }, () => {})).stop()
  await ask('SET', key('queue'), 'in the way')
  const refused = await publisher.publish('topic', 1).catch((reason) => reason)
  assert.is(refused.code, 'PUBLISH_REFUSED')
  assert.match(refused.message, 'WRONGTYPE')
  await close()
})

test.run()
