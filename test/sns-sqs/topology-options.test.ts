// node: 24 only
import { DeadLetter } from 'tomodachi'
import { raw } from 'tomodachi/envelopes'
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import { console, consumed, counts, noting } from './console.ts'
import { inScene, until } from './scene.ts'

const test = sideBySide('options of the topology of SNS+SQS')

test(
  'several topics on one queue: each handler gets its own, and one what was sent to the queue',
  inScene(async (scene) => {
    const bus = scene.bus()
    const noted: string[] = []
    const note = (name: string) => (given: { data: unknown; topic: string; messageType: string }) =>
      void noted.push(`${name}: ${given.data} of ${given.topic} as ${given.messageType}`)
    await scene.start((service) => service.on(bus.topic('made', { queue: 'q' }), note('made')))
    await scene.stopAll()
    await scene.start((service) =>
      service
        .on(bus.topic('a', { queue: 'q' }), note('one'))
        .on(bus.topic('b.c', { queue: 'q' }), note('two'))
        .on(bus.queue('q'), note('sent')),
    )
    await bus.publish('a', 1)
    await bus.publish('b.c', 2)
    await bus.sendMessage('q', 3)
    await until(() => noted.length === 3)
    assert.equal(noted.sort(), [
      'one: 1 of a as Notification',
      'sent: 3 of  as Message',
      'two: 2 of b.c as Notification',
    ])
  }),
)

test(
  'with declare: false it consumes and publishes with what exists, and makes nothing',
  inScene(async (scene) => {
    await consumed(scene)
    const before = [...counts(scene), scene.proxy.count('Subscribe')]
    const bus = scene.bus({ declare: false })
    const noted: unknown[] = []
    await scene.start((service) =>
      service.on(
        bus.topic('t', { queue: 'q', visibilityTimeout: '77s' }),
        ({ data }) => void noted.push(data),
      ),
    )
    await bus.publish('t', 'x')
    await until(() => noted.length > 0)
    assert.equal([...counts(scene), scene.proxy.count('Subscribe')], before)
    assert.ok(scene.proxy.count('GetCallerIdentity') > 0)
  }),
)

test(
  'a queue by its ARN, and messages to a queue by ARN and by URL',
  inScene(async (scene) => {
    const { queueArn, queueUrl } = scene.server.createQueue('q', { region: 'eu-west-1' })
    const { bus, noted } = await noting(scene, { queue: queueArn })
    await bus.publish('t', 'published')
    const id = await bus.sendMessage(queueArn, 'by ARN')
    await bus.sendMessage(queueUrl, 'by URL')
    await until(() => noted.length === 3)
    assert.equal(noted.sort(), ['by ARN', 'by URL', 'published'])
    assert.match(id, /^[\da-f-]{36}$/)
  }),
)

test(
  'a message to a queue can be delayed',
  inScene(async (scene) => {
    const { bus, noted } = await noting(scene, {})
    await bus.sendMessage('q', 'late', { delay: 1_500 })
    assert.is(scene.server.inspectQueue('q')?.messages.delayed.length, 1)
    await bus.sendMessage('q', 'now')
    await until(() => noted.length === 2)
    assert.equal(noted, ['now', 'late'])
  }),
)

test(
  'the queue of one instance alone is gone with it, and its subscription',
  inScene(async (scene) => {
    const { sns } = console(scene)
    const bus = scene.bus()
    const kernel = await scene.start((service) => service.on(bus.topic('t', { competing: false }), () => {}))
    const [{ Endpoint = '' } = {}] = (await sns.listSubscriptions({})).Subscriptions ?? []
    const name = Endpoint.replace(/^.*:/, '')
    assert.ok(scene.server.inspectQueue(name))
    assert.is(await kernel.stop(), 0)
    assert.is(scene.server.inspectQueue(name), undefined)
    assert.equal((await sns.listSubscriptions({})).Subscriptions ?? [], [])
  }),
)

test(
  'attributes of a topic are set when it is made, and later unless they are to stay',
  inScene(async (scene) => {
    const { topic } = console(scene)
    const bus = await scene.publisher({ topicPrefix: 'p-' })
    const named = (DisplayName: string) => ({ topicAttributes: { DisplayName } })
    await bus.publish('t', 1, named('first'))
    assert.is((await topic('p-t')).DisplayName, 'first')
    await bus.publish('t', 1, named('second'))
    assert.is((await topic('p-t')).DisplayName, 'second')
    await bus.publish('t', 1, { ...named('third'), overwriteTopicAttributes: false })
    assert.is((await topic('p-t')).DisplayName, 'second')
    await bus.publish('t', 1, { topicPrefix: 'own-' })
    assert.ok(await topic('own-t'))
  }),
)

test(
  'a dead letter keeps the attributes of its message, and has no more than SQS allows',
  inScene(async (scene) => {
    const bus = scene.bus()
    const options = { queue: 'q', rawMessageDelivery: true, envelope: raw() }
    await scene.start((service) =>
      service.on(bus.topic('t', options), () => {
        throw new DeadLetter(`\u0000 and \u001b[31m and ${'x'.repeat(300_000)}`)
      }),
    )
    const own = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`a${index}`, index]))
    await bus.publish('t', 'x', { messageAttributes: own, envelope: raw() })
    await until(() => scene.bodies('q-dead').length > 0)
    const [message] = scene.server.inspectQueue('q-dead')?.messages.ready ?? []
    const names = Object.keys(message?.messageAttributes ?? {})
    assert.equal(names.slice(0, 8), Object.keys(own))
    assert.equal(names.slice(8), ['x-dead-letter-reason', 'x-dead-letter-more'])
    const reason = message?.messageAttributes['x-dead-letter-reason']?.StringValue ?? ''
    assert.match(reason, /^\u{fffd} and \u{fffd}\[31m and x+…$/u)
    assert.ok(reason.length < 2_100)
  }),
)

test.run()
