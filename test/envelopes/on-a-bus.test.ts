import { deflateSync } from 'node:zlib'
import { configureLogging, Kernel, type MessageGiven, Service, topic } from 'tomodachi'
import { cloudEvents, type Format, jsonBase, protobufBase, raw } from 'tomodachi/envelopes'
import { MemoryBroker, memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { recorded } from './recorded.ts'

configureLogging({ logger: 'disabled' })

const bus = suite('formats on a bus')

const person = protobufBase({
  message: 'Person',
  proto: 'message Person { string id = 1; string name = 2; }',
})

async function turns(): Promise<void> {
  for (let count = 0; count < 10; count++) await new Promise(setImmediate)
}

interface Received extends Omit<MessageGiven, 'redeliveries'> {
  readonly headers: Readonly<Record<string, unknown>>
}

/** One topic of this format with one handler, and what the handler is given. */
async function scene(envelope: Format, schema: z.ZodType = z.unknown()) {
  const broker = new MemoryBroker()
  const own = memory({ broker })
  const received: Received[] = []
  const people = topic('people', { schema, envelope })
  const service = new Service({ name: 'registry' }).on(
    own.topic(people, { queue: 'q', retry: { attempts: 99, backoff: () => 0 } }),
    ({ data, attempt, metadata, envelope: { headers } }) =>
      void received.push({ data, attempt, metadata, headers }),
  )
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  return { broker, bus: own, people, service, received, kernel }
}

for (const [name, envelope] of [
  ['jsonBase', jsonBase()],
  ['protobufBase', person],
  ['cloudEvents, structured', cloudEvents()],
  ['cloudEvents, binary', cloudEvents({ mode: 'binary' })],
] as const) {
  bus(`${name}: data and metadata arrive, beside the headers of the publisher`, async () => {
    const { bus, people, service, received, kernel } = await scene(envelope)
    const data = { id: '12', name: 'John Doe' }
    await bus.publish(people, data, { headers: { trace: 'x', 'content-type': 'text/plain' } })
    await turns()
    const [{ metadata, headers, ...given } = {} as Received] = received
    assert.equal(given, { data, attempt: 1 })
    assert.is(headers.trace, 'x')
    assert.ok(metadata?.messageUuid && Math.abs(metadata.timestamp - Date.now() / 1_000) < 60)
    const { service: sender, topic: published, attributes } = metadata
    if (attributes) assert.equal([attributes.source, attributes.type], ['registry', 'people'])
    else assert.equal([sender, published], [{ name: 'registry', uuid: service.uuid }, 'people'])
    await kernel.stop()
  })
}

const bomb = deflateSync(Buffer.alloc(40_000_000, ' ')).toString('base64')

for (const [name, envelope, payload, reason] of [
  ['jsonBase', jsonBase(), 'not json', /cannot be parsed: .*JSON/],
  ['jsonBase', jsonBase(), '{"metadata":{"data_encoding":"x"}}', /data encoding "x" is unknown/],
  [
    'jsonBase',
    jsonBase(),
    `{"metadata":{"data_encoding":"base64_gzip_json"},"data":"${bomb}"}`,
    /larger than 33554432 bytes when decompressed/,
  ],
  ['protobufBase', person, 'not base64', /cannot be parsed: the payload is not base64/],
  ['cloudEvents', cloudEvents(), '{"specversion":"1.0"}', /attribute id is missing/],
  ['raw', raw({ as: 'text' }), Uint8Array.of(255), /cannot be parsed: the payload is not text/],
] as const) {
  bus(`${name}: a message that is none is dead-lettered at once: ${reason.source}`, async () => {
    const { broker, bus, received, kernel } = await scene(envelope)
    broker.publish('people', payload)
    await turns()
    const [{ headers } = { headers: {} }] = bus.deadLetters('q.dead')
    assert.match(String((headers as Record<string, unknown>)['x-dead-letter-reason']), reason)
    assert.is((headers as Record<string, unknown>)['x-dead-letter-attempts'], 1)
    assert.equal(received, [])
    await kernel.stop()
  })
}

bus('what Python wrote, but does not fit the schema, is dead-lettered at once with the reason', async () => {
  const [john] = recorded.protobuf
  const { broker, bus, received, kernel } = await scene(person, z.object({ name: z.string().max(3) }))
  broker.publish('people', john?.wire_base64 ?? '')
  await turns()
  const [{ headers } = { headers: {} as Record<string, unknown> }] = bus.deadLetters('q.dead')
  assert.match(
    String(headers['x-dead-letter-reason']),
    /^the message of people does not fit its schema: name: /,
  )
  assert.equal(received, [])
  await kernel.stop()
})

bus('a message without an identity is given one', async () => {
  const { broker, kernel, bus, people } = await scene(jsonBase())
  const ids: string[] = []
  const service = new Service().on(
    memory({ broker }).topic(people, { queue: 'other' }),
    ({ envelope }) => void ids.push(envelope.id),
  )
  const other = await new Kernel([service], { ownsProcess: false }).start()
  broker.publish('people', '{"metadata":{"data_encoding":"raw"},"data":5}')
  await turns()
  assert.match(ids[0] ?? '', /^[0-9a-f-]{36}$/)
  assert.is(bus.count('q'), 0)
  await Promise.all([kernel.stop(), other.stop()])
})

bus('what a handler publishes wrongly is retried, and its own message is not blamed', async () => {
  const { broker, kernel, people } = await scene(jsonBase())
  const own = memory({ broker })
  const strict = topic('strict', { schema: z.number(), envelope: person })
  const calls: number[] = []
  const source = own.topic(people, { queue: 'two', retry: { attempts: 3, backoff: () => 0 } })
  const service = new Service().on(source, async ({ attempt }) => {
    calls.push(attempt)
    await own.publish(strict, (attempt === 1 ? 'no number' : 5) as number)
  })
  const other = await new Kernel([service], { ownsProcess: false }).start()
  await own.publish(people, 1)
  await turns()
  await turns()
  assert.equal(calls, [1, 2, 3])
  const [{ headers } = { headers: {} as Record<string, unknown> }] = own.deadLetters('two.dead')
  assert.match(
    String(headers['x-dead-letter-reason']),
    /cannot be put into a message: the data must be an object/,
  )
  await Promise.all([kernel.stop(), other.stop()])
})

bus.run()
