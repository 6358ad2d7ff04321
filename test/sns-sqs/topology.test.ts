// node: 24 only
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import { console, consumed, counts, noting } from './console.ts'
import { inScene, until } from './scene.ts'
import { lettersIn } from './world.ts'

const test = sideBySide('topology of SNS+SQS')

test(
  'a second start changes nothing',
  inScene(async (scene) => {
    const options = {
      visibilityTimeout: '40s',
      deadLetterQueueName: 'aside',
      maxReceiveCount: 3,
      filterPolicy: { a: ['b'] },
      filterPolicyScope: 'MessageAttributes',
      rawMessageDelivery: true,
    } as const
    const keys = {
      snsKmsMasterKeyId: 'alias/sns',
      sqsKmsMasterKeyId: 'alias/sqs',
      sqsKmsDataKeyReusePeriod: '1m' as const,
    }
    await consumed(scene, options, keys)
    const first = counts(scene)
    assert.equal(first, [2, 1, 1, 0, 0])
    await consumed(scene, options, keys)
    await consumed(scene, { rawMessageDelivery: true })
    assert.equal(counts(scene), first)
  }),
)

test(
  'raw delivery is off again when its option is removed, and its handler gets what is published then',
  inScene(async (scene) => {
    const { subscription } = console(scene)
    await consumed(scene, { rawMessageDelivery: true })
    assert.is((await subscription()).RawMessageDelivery, 'true')
    const { bus, noted } = await noting(scene, {})
    assert.is((await subscription()).RawMessageDelivery, 'false')
    await bus.publish('t', 'x')
    await until(() => noted.length > 0)
    assert.equal(noted, ['x'])
  }),
)

test(
  'what is given is set, what is not given stays',
  inScene(async (scene) => {
    const { queue, topic } = console(scene)
    await consumed(
      scene,
      { visibilityTimeout: '40s' },
      { snsKmsMasterKeyId: 'alias/sns', sqsKmsMasterKeyId: 'alias/sqs' },
    )
    await consumed(scene, {}, { snsKmsMasterKeyId: null })
    assert.is((await queue('q')).VisibilityTimeout, '40')
    assert.is((await queue('q')).KmsMasterKeyId, 'alias/sqs')
    assert.is((await topic('t')).KmsMasterKeyId, 'alias/sns')
    await consumed(scene, { visibilityTimeout: '50s' }, { snsKmsMasterKeyId: '', sqsKmsMasterKeyId: false })
    assert.is((await queue('q')).VisibilityTimeout, '50')
    assert.is((await queue('q')).KmsMasterKeyId, '')
    assert.is((await topic('t')).KmsMasterKeyId, '')
  }),
)

test(
  'the redrive policy is set, stays, and goes',
  inScene(async (scene) => {
    const { queue } = console(scene)
    await consumed(scene, { deadLetterQueueName: 'aside', maxReceiveCount: 3 }, { queueNamePrefix: 'p-' })
    const deadLetterTargetArn = 'arn:aws:sqs:eu-west-1:000000000000:p-aside'
    const policy = { deadLetterTargetArn, maxReceiveCount: 3 }
    assert.equal(JSON.parse((await queue('p-q')).RedrivePolicy ?? ''), policy)
    assert.is((await queue('p-aside')).MessageRetentionPeriod, '1209600')
    await consumed(scene, {}, { queueNamePrefix: 'p-' })
    assert.equal(JSON.parse((await queue('p-q')).RedrivePolicy ?? ''), policy)
    await consumed(scene, { deadLetterQueueName: null }, { queueNamePrefix: 'p-' })
    assert.is((await queue('p-q')).RedrivePolicy, undefined)
  }),
)

test(
  'with a redrive policy the last attempt puts the message there, with its reason',
  inScene(async (scene) => {
    const bus = scene.bus()
    let calls = 0
    const options = {
      queue: 'q',
      deadLetterQueueName: 'aside',
      maxReceiveCount: 2,
      retry: { backoff: () => 0 },
    }
    await scene.start((service) =>
      service.on(bus.topic('t', options), () => {
        calls++
        throw new Error('never works')
      }),
    )
    await bus.publish('t', 'x')
    await until(() => scene.bodies('aside').length > 0)
    assert.is(calls, 2)
    const [letter] = lettersIn(scene.server, 'aside')
    assert.equal([letter?.data, letter?.headers['x-dead-letter-reason']], ['x', 'never works'])
  }),
)

test(
  'a filter policy on attributes, as an object, as JSON, and none',
  inScene(async (scene) => {
    const { subscription } = console(scene)
    await consumed(scene, { filterPolicy: { kind: ['other'] } })
    assert.equal(JSON.parse((await subscription()).FilterPolicy ?? ''), { kind: ['other'] })
    const { bus, noted } = await noting(scene, { filterPolicy: '{"kind": ["wanted"]}' })
    await bus.publish('t', 1)
    await bus.publish('t', 2, { messageAttributes: { kind: 'other' } })
    await bus.publish('t', 3, { messageAttributes: { kind: 'wanted' } })
    await until(() => noted.length > 0)
    assert.equal(noted, [3])
    await consumed(scene)
    assert.is((await subscription()).FilterPolicy, '{"kind": ["wanted"]}')
    await consumed(scene, { filterPolicy: null })
    assert.is((await subscription()).FilterPolicy, '{}')
  }),
)

test(
  'a filter policy on bodies, and raw delivery',
  inScene(async (scene) => {
    const json = {
      build: (data: unknown) => JSON.stringify(data),
      parse: (payload: string | Uint8Array) => ({ data: JSON.parse(String(payload)), metadata: undefined }),
    }
    const { bus, noted } = await noting(scene, {
      filterPolicy: { kind: ['wanted'] },
      filterPolicyScope: 'MessageBody',
      rawMessageDelivery: true,
      envelope: json,
    })
    for (const kind of ['other', 'wanted'])
      await bus.publish('t', { kind, Message: 'mine' }, { envelope: json })
    // What is sent to the queue has something around it all the same.
    await bus.sendMessage('q', { kind: 'sent' }, { envelope: json })
    await until(() => noted.length === 2)
    assert.equal(noted, [{ kind: 'wanted', Message: 'mine' }, { kind: 'sent' }])
  }),
)

test.run()
