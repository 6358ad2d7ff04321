// time limit: 120 s
// node: 24 only
// Messages that AWS does not take, and their neighbours.
import { configureLogging } from 'tomodachi'
import { raw } from 'tomodachi/envelopes'
import type { SendOptions, SnsSqsPublishOptions } from 'tomodachi/sns-sqs'
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import { inScene, rejection, type Scene, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('messages that SNS and SQS do not take')

const [half, pair] = ['\ud83d', '\ud83d\ude00']
const attributes = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, index + 1]))

/** The body of what is sent, in these cases. */
const bodyFormatter = ({ payload }: { payload: string }) => payload

const toTopics: readonly (readonly [string, SnsSqsPublishOptions, string?])[] = [
  ['half a surrogate pair in an attribute', { messageAttributes: { a: `x${half}` } }],
  ['half a surrogate pair in a header', { headers: { a: half } }],
  ['half a surrogate pair in its body', { envelope: raw() }, half],
  ['half a surrogate pair in the name of an attribute', { messageAttributes: { [half]: 'x' } }],
  ['an attribute without a name', { messageAttributes: { '': 'x' } }],
  ['a blank in the name of an attribute', { messageAttributes: { 'a b': 'x' } }],
  ['a colon in the name of a header', { headers: { 'a:b': 'x' } }],
  ['a period at the end of the name of an attribute', { messageAttributes: { 'a.': 'x' } }],
  ['two periods in the name of an attribute', { messageAttributes: { 'a..b': 'x' } }],
  ['a name of an attribute that is AWS’s own', { messageAttributes: { 'aws.x': 'x' } }],
  ['a name of an attribute that is Amazon’s own', { messageAttributes: { 'Amazon.x': 'x' } }],
  ['a name of an attribute that is too long', { messageAttributes: { ['a'.repeat(257)]: 'x' } }],
  ['an attribute that is not a number', { messageAttributes: { a: Number.NaN } }],
  ['an attribute that is no finite number', { messageAttributes: { a: Number.NEGATIVE_INFINITY } }],
]

const toQueues: readonly (readonly [name: string, options: SendOptions, data?: string | undefined])[] = [
  ...toTopics.map(([name, options, data]) => {
    const { headers, messageAttributes, envelope } = options
    return [name, { headers, messageAttributes, envelope, bodyFormatter }, data] as const
  }),
  ['the character 0 in its body', { envelope: raw(), bodyFormatter }, 'x\u0000'],
  ['the character FFFE in its body', { envelope: raw(), bodyFormatter }, '\ufffe'],
  ['a control character in an attribute', { messageAttributes: { a: '\u001b[31m' }, bodyFormatter }],
  ['more than ten attributes', { messageAttributes: attributes(11), bodyFormatter }],
  ['a body that is no text', { bodyFormatter: (() => 5) as never }],
]

test(
  'to a topic: one that cannot be sent is refused by itself, before any call',
  inScene(async (scene) => {
    const bus = await scene.publisher()
    for (const [name, options, data = 'x'] of toTopics)
      await refusedAlone(scene, 'PublishBatch', name, [
        bus.publish('t', 1),
        bus.publish('t', data, options),
        bus.publish('t', 2),
      ])
  }),
)

test(
  'to a queue: one that cannot be sent is refused by itself, before any call',
  inScene(async (scene) => {
    scene.server.createQueue('q', { region: 'eu-west-1' })
    const bus = await scene.publisher()
    for (const [name, options, data = 'x'] of toQueues)
      await refusedAlone(scene, 'SendMessageBatch', name, [
        bus.sendMessage('q', 1),
        bus.sendMessage('q', data, options),
        bus.sendMessage('q', 2),
      ])
  }),
)

/** The second of three; the others go in one call. */
async function refusedAlone(
  scene: Scene,
  operation: string,
  name: string,
  sending: readonly Promise<unknown>[],
): Promise<void> {
  const before = scene.proxy.count(operation)
  const [first, second, third] = await Promise.allSettled(sending)
  assert.equal([first?.status, second?.status, third?.status], ['fulfilled', 'rejected', 'fulfilled'], name)
  const { code, message } = (second as PromiseRejectedResult).reason
  assert.is(code, 'PAYLOAD_UNBUILDABLE', name)
  assert.match(message, /^the data for (t|q) cannot be put into a message: /)
  assert.ok(scene.proxy.count(operation) - before <= 2, name)
}

test(
  'what AWS does take goes through: pairs, control characters to topics, ten attributes',
  inScene(async (scene) => {
    const bus = scene.bus()
    const handled: unknown[] = []
    await scene.start((service) =>
      service.on(bus.topic('t', { queue: 'q', envelope: raw() }), ({ data, messageAttributes }) => {
        handled.push([data, Object.keys(messageAttributes).length])
      }),
    )
    await bus.publish('t', `${pair}\u0001`, { messageAttributes: attributes(15), envelope: raw() })
    // A list is JSON, which can write half a pair.
    const list = { list: [half], ...attributes(14) }
    await bus.sendMessage('q', pair, { messageAttributes: list, envelope: raw() })
    const body = JSON.stringify({ Message: 'formatted' })
    await bus.sendMessage('q', pair, { messageAttributes: attributes(10), bodyFormatter: () => body })
    await until(() => handled.length === 3)
    assert.equal([...handled].sort(), [
      ['formatted', 10],
      [`${pair}\u0001`, 15],
      [pair, 15],
    ])
  }),
)

test(
  'ids of FIFO that AWS does not take are refused',
  inScene(async (scene) => {
    const bus = await scene.publisher()
    for (const given of [
      { groupId: 'a b' },
      { groupId: 'é' },
      { groupId: 'g'.repeat(129) },
      { groupId: 'g', deduplicationId: ' ' },
      { groupId: 'g', deduplicationId: '' },
    ]) {
      const error = await rejection(bus.publish('t.fifo', 1, given))
      assert.is(error.code, 'OPTION_INVALID')
      assert.match(error.message, /letters, digits and punctuation marks/)
    }
  }),
)

test(
  'of a call that AWS refuses for one message each goes alone; on FIFO in order, and nothing stands still',
  inScene(async (scene) => {
    const bus = scene.bus()
    const handled: Record<string, unknown[]> = { standard: [], fifo: [] }
    await scene.start((service) =>
      service
        .on(bus.topic('t', { queue: 'q' }), ({ data }) => void handled.standard?.push(data))
        .on(bus.topic('t.fifo', { queue: 'q.fifo' }), ({ data }) => void handled.fifo?.push(data)),
    )
    scene.proxy.fault = ({ operation, body }) =>
      operation === 'PublishBatch' && body.includes('poison')
        ? { status: 400, code: 'InvalidParameter' }
        : undefined
    const data = ['a', 'b', 'poison', 'c', 'd']
    const outcomes = await Promise.allSettled([
      ...data.map((text) => bus.publish('t', text)),
      ...data.map((text, place) => bus.publish('t.fifo', text, { groupId: `g${place % 2}` })),
    ])
    const refused = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason.code] : [],
    )
    assert.equal(refused, ['PUBLISH_REFUSED', 'PUBLISH_REFUSED'])
    await until(() => Object.values(handled).every(({ length }) => length === 4))
    assert.equal(handled.standard?.toSorted(), ['a', 'b', 'c', 'd'])
    assert.equal(
      handled.fifo?.filter((text) => text === 'a' || text === 'd'),
      ['a', 'd'],
    )
  }),
)

test(
  'of deletes that AWS refuses for one message each goes alone',
  inScene(async (scene) => {
    const bus = scene.bus()
    const handled: unknown[] = []
    await scene.start((service) =>
      service.on(bus.topic('t', { queue: 'q' }), ({ data }) => void handled.push(data)),
    )
    let refusals = 0
    scene.proxy.fault = ({ operation, body }) => {
      if (operation !== 'DeleteMessageBatch' || JSON.parse(body).Entries.length === 1) return undefined
      refusals++
      return { status: 400, code: 'InvalidParameterValue' }
    }
    await Promise.all(Array.from({ length: 10 }, (_, index) => bus.publish('t', index)))
    await until(() => handled.length === 10 && scene.bodies('q').length === 0)
    assert.ok(refusals > 0)
  }),
)

test.run()
