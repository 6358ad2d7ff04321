// time limit: 120 s
// node: 24 only
// needs: rabbitmq
// Where messages of strangers ask for a reply.
import { configureLogging, Drop, Kernel, Service } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { channelOf, consumer, envelopeOf, publishRaw, unique, until } from './scene.ts'
import { brokerUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('replyTo of strangers')

test('a handler of a topic answers nobody, whatever a message asks for', async () => {
  const [name, replies, seen] = [unique('topic'), [] as string[], [] as unknown[]]
  const options = { queue: name, retry: { attempts: 1 } }
  const { kernel } = await consumer({ url: brokerUrl }, name, options, ({ data }) => {
    seen.push(data)
    if (data === 'drop') throw new Drop('not wanted')
    if (data === 'fail') throw new Error('it fails')
  })
  await channelOf(async (channel) => {
    const { queue } = await channel.assertQueue('', { exclusive: true })
    await channel.consume(queue, (reply) => reply && replies.push(String(reply.content)), { noAck: true })
    for (const data of ['handle', 'drop', 'fail'])
      channel.publish('amq.topic', name, Buffer.from(envelopeOf(data)), {
        replyTo: queue,
        correlationId: data,
      })
    await until(() => seen.length === 3, 'all are handled')
    await until(
      async () => (await channel.assertQueue(`${name}.dead`)).messageCount === 1,
      'one is set aside',
    )
  })
  assert.is(await kernel.stop(), 0)
  assert.equal(replies, [])
})

test('a forged way back ends no connection, and the request is handled once', async () => {
  const [name, seen] = [unique('topic'), [] as unknown[]]
  const bus = amqp({ url: brokerUrl, queueTtl: '10m' })
  const service = new Service().on(bus.requests(name, { queue: name }), ({ data }) => void seen.push(data))
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  const pid = (...bytes: readonly number[]) => Buffer.from(bytes).toString('base64')
  const forged = [
    '',
    'garbage',
    'YWJj.k',
    'a!b.k',
    `${pid(131, 97, 5)}.k`,
    `${pid(131, 88, 119, 1, 65)}.k`,
    'a.b.c',
  ]
  const ways = [...forged.map((way) => `amq.rabbitmq.reply-to.${way}`), '', 'nobody', 'x'.repeat(255)]
  for (const replyTo of ways) await publishRaw(name, envelopeOf(replyTo), { replyTo, correlationId: 'c' })
  await until(() => seen.length >= ways.length, 'all are handled')
  assert.ok(kernel.ready)
  assert.is(await kernel.stop(), 0)
  assert.equal(seen, ways)
})

test.run()
