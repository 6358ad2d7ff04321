// time limit: 90 s
// node: 24 only
import { configureLogging, Service, topic } from 'tomodachi'
import { raw } from 'tomodachi/envelopes'
import type { SnsSqsGiven } from 'tomodachi/sns-sqs'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { sideBySide } from '../side-by-side.ts'
import { eventOf, failed, invoked, stopInvoked } from './lambda-events.ts'
import { Bucket, busWith, large, libraries, sendPointer } from './payload-bucket.ts'
import { inScene, rejection, type Scene, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('payloads of SNS+SQS in S3')
test.after(stopInvoked)

const text = { rawMessageDelivery: true, envelope: raw() } as const
const messages = (scene: Scene, queue: string) => scene.server.inspectQueue(queue)?.messages.ready ?? []

test(
  'a message that is too large for SNS is published with its payload in S3, and comes to its handlers; others are as ever',
  inScene(async (scene) => {
    const bucket = new Bucket(scene)
    const bus = busWith(scene, { keyPrefix: 'orders/' })
    const seen: [string, SnsSqsGiven][] = []
    await scene.start((service) =>
      service
        .on(bus.topic('t', { queue: 'q' }), (given) => void seen.push(['q', given]))
        .on(
          bus.topic('t', { queue: 'r', rawMessageDelivery: true }),
          (given) => void seen.push(['r', given]),
        ),
    )
    await bus.publish('t', large, { headers: { tenant: 'a' } })
    await until(() => seen.length === 2)
    assert.equal(seen.map(([queue]) => queue).sort(), ['q', 'r'])
    const [key = '', ...others] = await bucket.keys()
    assert.equal(others, [])
    assert.match(key, /^orders\/[0-9a-f-]{36}$/)
    const envelope = await bucket.get(key)
    const pointer = `["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"payloads","s3Key":"${key}"}]`
    for (const [queue, given] of seen) {
      assert.is(given.data, large)
      assert.is(given.metadata?.topic, 't')
      assert.equal([given.headers.tenant, 'ExtendedPayloadSize' in given.headers], ['a', false])
      const { Message, MessageAttributes } =
        queue === 'r'
          ? { Message: given.rawMessageBody, MessageAttributes: undefined }
          : JSON.parse(given.rawMessageBody)
      assert.is(Message, pointer)
      if (MessageAttributes)
        assert.equal(MessageAttributes.ExtendedPayloadSize, {
          Type: 'Number',
          Value: String(Buffer.byteLength(envelope)),
        })
    }
    await bus.publish('t', 'small')
    await until(() => seen.length === 4)
    assert.is((await bucket.keys()).length, 1)
  }),
)

test(
  'what is sent to a queue has its body in S3, and its headers reach the handler and the trace',
  inScene(async (scene) => {
    const bucket = new Bucket(scene)
    scene.server.createQueue('q', { region: 'eu-west-1' })
    const publisher = busWith(scene)
    await scene.start(() => {}, { adapters: [publisher] })
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const headers = { traceparent, tenant: 'a' }
    await publisher.sendMessage('q', large, { headers })
    const [{ body = '', messageAttributes = undefined } = {}] = messages(scene, 'q')
    const [key = ''] = await bucket.keys()
    assert.equal(JSON.parse(body), [libraries[0][0], { s3BucketName: 'payloads', s3Key: key }])
    const stored = await bucket.get(key)
    assert.equal(messageAttributes?.ExtendedPayloadSize, {
      DataType: 'Number',
      StringValue: String(stored.length),
    })
    assert.is(JSON.parse(stored).Type, 'Message')
    const bus = busWith(scene)
    const seen: unknown[] = []
    await scene.start((service) =>
      service.on(bus.queue('q'), ({ data, headers, envelope }) => {
        seen.push(data, headers.tenant, headers.traceparent, envelope.headers.traceparent)
      }),
    )
    await until(() => seen.length > 0)
    assert.equal(seen, [large, 'a', traceparent, traceparent])
  }),
)

for (const library of libraries)
  test(
    `messages of AWS's library are read: ${library[1]}`,
    inScene(async (scene) => {
      const bucket = new Bucket(scene)
      for (const queue of ['q', 'r']) scene.server.createQueue(queue, { region: 'eu-west-1' })
      await bucket.put('a', 'the payload itself')
      await bucket.put(
        'b',
        JSON.stringify({ Type: 'Notification', TopicArn: 'arn:aws:sns:::t', Message: 'in SNS' }),
      )
      for (const [queue, key] of [
        ['q', 'a'],
        ['r', 'b'],
      ] as const)
        sendPointer(scene, queue, key, library)
      const bus = busWith(scene)
      const seen: unknown[] = []
      const note = ({ data, messageAttributes }: SnsSqsGiven) => void seen.push([data, messageAttributes])
      await scene.start((service) =>
        service.on(bus.queue('q', text), note).on(bus.queue('r', { envelope: raw() }), note),
      )
      await until(() => seen.length === 2)
      assert.equal(seen.sort(), [
        ['in SNS', {}],
        ['the payload itself', {}],
      ])
      assert.equal([...(await bucket.keys())].sort(), ['a', 'b'])
    }),
  )

test(
  'bytes, schemas, FIFO and batches work with payloads in S3, and so do middleware and orderBy',
  inScene(async (scene) => {
    new Bucket(scene)
    const bus = busWith(scene)
    const order = topic('order', { schema: z.object({ note: z.string(), count: z.number().default(1) }) })
    const seen: Record<string, unknown> = {}
    await scene.start((service) =>
      service
        .on(bus.topic('bytes', { queue: 'bytes', envelope: raw() }), ({ data, headers }) => {
          seen.bytes = [Buffer.from(data as Uint8Array).toString(), 'x-payload-encoding' in headers]
        })
        .on(bus.topic(order, { queue: 'order' }), ({ data }) => {
          seen.order = data
        })
        .on(bus.topic(order, { queue: 'batch', batch: { size: 2, wait: '5s' } }), ({ batch }) => {
          seen.batch = batch.map(({ data }) => data.count)
        })
        .on(bus.topic('f.fifo', { queue: 'f.fifo' }), ({ data, messageGroupId }) => {
          seen.fifo = [data, messageGroupId]
        }),
    )
    await Promise.all([
      bus.publish('bytes', Buffer.from(large), { envelope: raw() }),
      bus.publish(order, { note: large }),
      bus.publish(order, { note: 'small', count: 2 }),
      bus.publish('f.fifo', large, { groupId: 'g' }),
    ])
    await until(() => Object.keys(seen).length === 4)
    assert.equal(seen.bytes, [large, false])
    assert.ok(seen.order)
    assert.equal((seen.batch as number[]).sort(), [1, 2])
    assert.equal(seen.fifo, [large, 'g'])
  }),
)

test(
  'with threshold 1 every payload is in S3; without the option a large message is an error',
  inScene(async (scene) => {
    const bucket = new Bucket(scene)
    const bus = busWith(scene, { threshold: 1 })
    await scene.start(() => {}, { adapters: [bus] })
    await bus.publish('t', 'small')
    assert.is((await bucket.keys()).length, 1)
    const plain = await scene.publisher()
    assert.is((await rejection(plain.publish('t', large))).code, 'MESSAGE_TOO_LARGE')
    assert.throws(
      () => scene.bus({ largePayloads: { threshold: '1MB', bucket: 'b' } }),
      /a size of at most 256KB/,
    )
    assert.throws(() => scene.bus({ largePayloads: {} as never }), /largePayloads.bucket/)
    for (const bucket of ['s3://payloads', 'payloads/orders', 'my payloads', ''])
      assert.throws(() => scene.bus({ largePayloads: { bucket } }), /the name or ARN of a bucket/)
  }),
)

test(
  'in Lambda payloads are read from S3, and their objects stay, since Lambda deletes the message later',
  inScene(async (scene) => {
    const bucket = new Bucket(scene)
    await bucket.put('a', 'the payload')
    const seen: unknown[] = []
    const source = busWith(scene, { deleteHandled: true }).queue('q', text)
    const service = new Service().on(source, ({ data }) => void seen.push(data))
    const body = JSON.stringify([libraries[0][0], { s3BucketName: 'payloads', s3Key: 'a' }])
    const messageAttributes = { ExtendedPayloadSize: { dataType: 'Number', stringValue: '11' } }
    assert.equal(failed(await invoked(service)(eventOf({ body, messageAttributes }))), [])
    assert.equal(seen, ['the payload'])
    assert.equal(await bucket.keys(), ['a'])
  }),
)

test.run()
