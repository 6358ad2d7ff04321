// The ten attributes of a message are the publisher's first.
import { randomUUID } from 'node:crypto'
import { Kernel, Service } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../until.ts'
import { busOn, emulator } from './world.ts'

const test = suite('sns-sqs: attributes of a trace')

const headers = {
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'vendor=1',
  baggage: 'tenant=acme',
}
const attributes = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, place) => [`attribute-${place}`, 'x']))

test('as much of a trace is sent as there is room for', async () => {
  const server = await emulator()
  const bus = busOn(server.port)
  const topic = `traced-${randomUUID()}`
  const seen = new Map<unknown, string[]>()
  const service = new Service({ name: 'traced' }).on(
    bus.topic(topic, { queue: topic }),
    ({ data, messageAttributes }) => {
      const names = Object.keys(messageAttributes).filter((name) => name in headers)
      seen.set(data, names.sort())
    },
  )
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  for (const count of [7, 8, 9, 10])
    await bus.publish(topic, count, { headers, messageAttributes: attributes(count) })
  await until(() => seen.size === 4)
  assert.equal(Object.fromEntries(seen), {
    7: ['baggage', 'traceparent', 'tracestate'],
    8: ['traceparent', 'tracestate'],
    9: ['traceparent'],
    10: [],
  })
  const ownTrace = { ...attributes(9), tracestate: 'own=1', traceparent: headers.traceparent }
  await bus.publish(topic, 'own', { messageAttributes: ownTrace })
  await until(() => seen.size === 5)
  assert.equal(seen.get('own'), ['traceparent', 'tracestate'])
  assert.is(await kernel.stop(), 0)
  await server.stop()
})

test('a body of the publisher leaves as much room', async () => {
  const server = await emulator()
  const bus = busOn(server.port)
  const queue = `queue-${randomUUID()}`
  server.createQueue(queue, { region: 'eu-west-1' })
  const seen: string[][] = []
  const service = new Service({ name: 'traced' }).on(
    bus.queue(queue, { rawMessageDelivery: true }),
    ({ messageAttributes }) => {
      seen.push(Object.keys(messageAttributes).filter((name) => name in headers))
    },
  )
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  const bodyFormatter = ({ payload }: { readonly payload: string }) => payload
  await bus.sendMessage(queue, 1, { headers, messageAttributes: attributes(9), bodyFormatter })
  await until(() => seen.length === 1)
  assert.equal(seen, [['traceparent']])
  assert.is(await kernel.stop(), 0)
  await server.stop()
})

test.run()
