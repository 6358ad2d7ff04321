// node: 24 only
// What somebody else removes or changes between a topic and its queue while the service runs.
import { inspect } from 'node:util'
import { configureLogging } from 'tomodachi'
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import { console } from './console.ts'
import { inScene, type Scene, until } from './scene.ts'

const records: string[] = []
const note = (...values: unknown[]) => void records.push(inspect(values, { breakLength: Infinity }))
configureLogging({ logger: { debug() {}, info() {}, warn: note, error() {} } })

// Queues are inspected every 30 s; here that is a moment.
const { setTimeout: real } = globalThis
globalThis.setTimeout = ((work: () => void, wait?: number, ...given: []) =>
  real(work, wait === 30_000 ? 200 : wait, ...given)) as typeof setTimeout

const test = sideBySide('subscriptions of SNS+SQS')
const region = { region: 'eu-west-1' }
const topicArn = (topic: string) => `arn:aws:sns:eu-west-1:000000000000:${topic}`
const isTold = (...parts: RegExp[]) => records.some((record) => parts.every((part) => part.test(record)))

/** Starts a consumer of a topic, and says whether it was unready since. */
async function consuming(scene: Scene, topic: string, options: object = {}) {
  const bus = scene.bus()
  const handled: unknown[] = []
  const kernel = await scene.start((service) =>
    service.on(bus.topic(topic, { queue: topic, ...options }), ({ data }) => void handled.push(data)),
  )
  let wasUnready = false
  const watch = setInterval(() => {
    wasUnready ||= !kernel.ready
  }, 1)
  /** Resolves when it has noticed and works again. */
  const mended = async () => {
    await until(() => wasUnready && kernel.ready, `${topic} is mended`)
    clearInterval(watch)
    await bus.publish(topic, 'after', { messageAttributes: { kind: 'mine' } })
    await until(() => handled.includes('after'), `${topic} gets messages`)
  }
  return { bus, handled, mended, forget: () => clearInterval(watch) }
}

async function subscriptionOf(scene: Scene, topic: string): Promise<string> {
  const { Subscriptions = [] } = await console(scene).sns.listSubscriptionsByTopic({
    TopicArn: topicArn(topic),
  })
  return Subscriptions[0]?.SubscriptionArn ?? ''
}

test(
  'a topic that is gone, and was created by another process, gets its subscription again',
  inScene(async (scene) => {
    const { mended } = await consuming(scene, 'recreated')
    scene.server.deleteTopic('recreated', region)
    scene.server.createTopic('recreated', region)
    await mended()
    assert.ok(isTold(/the subscription to the topic recreated is gone/))
  }),
)

test(
  'a topic that is gone is created again, though nobody publishes',
  inScene(async (scene) => {
    const { mended } = await consuming(scene, 'quiet')
    scene.server.deleteTopic('quiet', region)
    await mended()
  }),
)

test(
  'a subscription that is gone is made again',
  inScene(async (scene) => {
    const { mended } = await consuming(scene, 'unsubscribed')
    const SubscriptionArn = await subscriptionOf(scene, 'unsubscribed')
    await console(scene).sns.unsubscribe({ SubscriptionArn })
    await mended()
    assert.ok(isTold(/the subscription to the topic unsubscribed is gone/))
  }),
)

test(
  'a policy that was removed, or replaced by one that lets nobody in, is set again',
  inScene(async (scene) => {
    const { mended } = await consuming(scene, 'unlocked')
    const { sqs, queue } = console(scene)
    const { QueueUrl } = await sqs.getQueueUrl({ QueueName: 'unlocked' })
    const Statement = [{ Effect: 'Allow', Principal: { AWS: '000000000000' }, Action: '*', Resource: '*' }]
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
    await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy } })
    await mended()
    assert.is(JSON.parse((await queue('unlocked')).Policy ?? '').Statement.length, 2)
    assert.ok(isTold(/the policy of the queue no longer lets its topics send/))
  }),
)

test(
  'a subscription that was changed is changed back once; what is changed again is left to who wants it',
  inScene(async (scene) => {
    const { sns } = console(scene)
    const { mended } = await consuming(scene, 'changed', { filterPolicy: { kind: ['mine'] } })
    const SubscriptionArn = await subscriptionOf(scene, 'changed')
    const change = async (AttributeName: string, AttributeValue: string) =>
      void (await sns.setSubscriptionAttributes({ SubscriptionArn, AttributeName, AttributeValue }))
    const present = async () => (await sns.getSubscriptionAttributes({ SubscriptionArn })).Attributes ?? {}
    await change('RawMessageDelivery', 'true')
    await mended()
    assert.is((await present()).RawMessageDelivery, 'false')
    await change('FilterPolicy', '{"kind":["other"]}')
    await until(async () => (await present()).FilterPolicy === '{"kind":["mine"]}')
    for (const name of ['RawMessageDelivery', 'FilterPolicy'])
      assert.ok(isTold(/the subscription to the topic changed was changed/, new RegExp(`changed: ${name}`)))
    await change('FilterPolicy', '{"kind":["other"]}')
    await until(() => isTold(/changed a subscription again/, /changed/, /FilterPolicy/))
    assert.is((await present()).FilterPolicy, '{"kind":["other"]}')
  }),
)

test(
  'while nothing is wrong, and while AWS cannot be asked, nothing is done',
  inScene(async (scene) => {
    const { bus, forget } = await consuming(scene, 'fine')
    await until(() => scene.proxy.count('GetSubscriptionAttributes') > 1)
    scene.proxy.fault = ({ operation }) =>
      operation === 'GetSubscriptionAttributes' ? { status: 403, code: 'AuthorizationError' } : undefined
    const before = scene.proxy.count('GetSubscriptionAttributes')
    await until(() => scene.proxy.count('GetSubscriptionAttributes') > before + 1)
    assert.equal([bus.ready, scene.proxy.count('Subscribe')], [true, 1])
    forget()
  }),
)

test.run()
