// time limit: 90 s
// node: 24 only
import { BatchFailure, configureLogging, DeadLetter, Drop, Retry, Service } from 'tomodachi'
import { raw } from 'tomodachi/envelopes'
import type { SnsSqsGiven } from 'tomodachi/sns-sqs'
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import {
  bodies,
  eventOf,
  failed,
  handling,
  invoked,
  notification,
  standardRecord,
  stopInvoked,
  text,
} from './lambda-events.ts'
import { inScene, rejection, type Scene } from './scene.ts'
import { lettersIn } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('SNS+SQS in AWS Lambda')
test.after(stopInvoked)

const calls = (scene: Scene) => [...scene.proxy.calls.keys()]

test(
  'the record of the documentation comes to its handler, and AWS is not called',
  inScene(async (scene) => {
    const seen: SnsSqsGiven[] = []
    const bus = scene.bus()
    const service = new Service().on(bus.queue('my-queue', text), (given) => void seen.push(given))
    assert.equal(await invoked(service)({ Records: [standardRecord] }), { batchItemFailures: [] })
    const [given] = seen
    assert.is(given?.data, 'Test message.')
    assert.is(given?.sqsMessageId, standardRecord.messageId)
    assert.is(given?.receiptHandle, standardRecord.receiptHandle)
    assert.is(given?.queueUrl, 'https://sqs.us-east-2.amazonaws.com/123456789012/my-queue')
    assert.equal(given?.messageAttributes, { myAttribute: 'myValue' })
    assert.equal(given?.sentTimestamp, new Date(1545082649183))
    assert.is(given?.senderId, 'AIDAIENQZJOLO23YVJ4VO')
    assert.equal([given?.attempt, given?.approximateReceiveCount], [1, 1])
    assert.equal(calls(scene), [])
  }),
)

test(
  'messages of SNS come to the handlers of their topics, with its JSON around them and raw, from any queue of the bus',
  inScene(async (scene) => {
    const bus = scene.bus({ topicPrefix: 'p-' })
    const seen: unknown[] = []
    const note = ({ data, topic, snsMessageId }: SnsSqsGiven) =>
      void seen.push([topic, data, snsMessageId.slice(0, 8)])
    const wrapped = { queue: 'q', envelope: raw() }
    const service = new Service()
      .on(bus.topic('order.created', wrapped), note)
      .on(bus.topic('order.*', wrapped), note)
      .on(
        bus.topic('arn:aws:sns:us-east-2:123456789012:of-others', wrapped),
        ({ data }) => void seen.push(data),
      )
      .on(bus.topic('raw', { ...text, queue: 'r' }), note)
    const response = await invoked(service)(
      eventOf(
        { body: notification('p-order___2e_created', 'a') },
        { body: notification('p-order___2e_cancelled', 'b') },
        { body: notification('of-others', 'by ARN') },
        { body: 'c', queue: 'r' },
      ),
    )
    assert.equal(failed(response), [])
    assert.equal(seen, [
      ['order.created', 'a', '63a3f6b6'],
      ['order.cancelled', 'b', '63a3f6b6'],
      'by ARN',
      ['raw', 'c', ''],
    ])
    assert.equal(calls(scene), [])
  }),
)

test(
  'what is handled or dropped is done; what is retried is a failure; a dead letter is sent to its queue',
  inScene(async (scene) => {
    const attempts: number[] = []
    const service = handling(scene, (data, { attempt }) => {
      if (data === 'fail') attempts.push(attempt)
      if (data === 'fail') throw new Error('not yet')
      if (data === 'retry') throw new Retry({ after: '30s' })
      if (data === 'drop') throw new Drop('no')
      if (data === 'dead') throw new DeadLetter('never')
    })
    const handler = invoked(service)
    const event = eventOf(...bodies('ok', 'fail', 'retry', 'drop', 'dead'), { body: 'fail', receives: 5 })
    assert.equal(failed(await handler(event)), ['2', '3'])
    assert.equal(attempts, [1, 5])
    const letters = lettersIn(scene.server, 'q-dead').map(({ data, headers }) => [
      data,
      headers['x-dead-letter-reason'],
      headers.myAttribute,
    ])
    assert.equal(letters.sort(), [
      ['dead', 'never', 'myValue'],
      ['fail', 'not yet', 'myValue'],
    ])
    assert.is(scene.proxy.count('ReceiveMessage'), 0)
    assert.is(scene.proxy.count('DeleteMessageBatch'), 0)
  }),
)

test(
  'a dead letter that cannot be sent is a failure',
  inScene(async (scene) => {
    const bus = scene.bus({ declare: false })
    const service = new Service().on(bus.queue('q'), () => {})
    assert.equal(failed(await invoked(service)(eventOf({ body: 'no message' }))), ['1'])
  }),
)

for (const [title, fail] of [
  [
    'at once',
    () => {
      throw new Error('not yet')
    },
  ],
  [
    'later',
    async () => {
      await new Promise(setImmediate)
      throw new Error('not yet')
    },
  ],
] as const) {
  test(
    `in FIFO nothing of a group is handled after its first failure (${title}), and all of it are failures`,
    inScene(async (scene) => {
      const handled: string[] = []
      const bus = scene.bus()
      const service = new Service().on(bus.queue('q.fifo', text), ({ data }) => {
        if (data === 'a2') return fail()
        handled.push(data as string)
      })
      const fifo = (group: string) => (body: string) => ({ body, group, queue: 'q.fifo' })
      const [a, b] = [fifo('a'), fifo('b')]
      const event = eventOf(a('a1'), a('a2'), b('b1'), a('a3'), b('b2'), a('a4'))
      assert.equal(failed(await invoked(service)(event)), ['2', '4', '6'])
      assert.equal(handled.sort(), ['a1', 'b1', 'b2'])
    }),
  )
}

test(
  'a batch handler gets the messages of an invocation, and what BatchFailure names is a failure; in FIFO what follows too',
  inScene(async (scene) => {
    const bus = scene.bus()
    const batches: unknown[] = []
    const options = { ...text, batch: { size: 4, wait: '1m' } } as const
    const fail = ({ batch }: { readonly batch: readonly { readonly data: unknown }[] }) => {
      batches.push(batch.map(({ data }) => data))
      throw new BatchFailure([[1, new Error('not yet')]])
    }
    const service = new Service().on(bus.queue('q', options), fail).on(bus.queue('q.fifo', options), fail)
    const handler = invoked(service)
    const four = ['1', '2', '3', '4']
    assert.equal(failed(await handler(eventOf(...bodies(...four)))), ['2'])
    const inGroups = four.map((body) => ({ body, queue: 'q.fifo', group: body === '4' ? 'b' : 'a' }))
    assert.equal(failed(await handler(eventOf(...inGroups))), ['2', '3'])
    assert.equal(batches, [four, four])
    // Fewer than a batch wait for no others, as an invocation brings all its messages.
    assert.equal(failed(await handler(eventOf(...bodies('1', '2', '3')))), ['2'])
    assert.equal(batches[2], ['1', '2', '3'])
  }),
)

test(
  'an event that is not of SQS, and a queue that nobody consumes, are errors that name what is expected',
  inScene(async (scene) => {
    const handler = invoked(handling(scene, () => {}))
    assert.equal(await handler({ Records: [] }), { batchItemFailures: [] })
    for (const event of [undefined, {}, { Records: [{ eventSource: 'aws:s3', s3: {} }] }]) {
      const error = await rejection(handler(event as never))
      assert.is(error.code, 'LAMBDA_EVENT_INVALID')
      assert.match(error.message, /handles events of SQS/)
    }
    const error = await rejection(handler(eventOf({ body: 'x', queue: 'other' })))
    assert.is(error.code, 'LAMBDA_QUEUE_UNKNOWN')
    assert.match(error.message, /"other"; they consume q;/)
  }),
)

test(
  'bytes come as bytes, with the headers of the message',
  inScene(async (scene) => {
    const seen: SnsSqsGiven[] = []
    const service = handling(scene, (_, given) => {
      seen.push(given)
      throw new Error('not yet')
    })
    const attribute = (stringValue: string) => ({ dataType: 'String', stringValue })
    const messageAttributes = {
      'x-payload-encoding': attribute('base64'),
      count: { dataType: 'Number', stringValue: '7' },
      bytes: { dataType: 'Binary', binaryValue: 'AQI=' },
    }
    const body = Buffer.from('secret payload').toString('base64')
    await invoked(service)(eventOf({ body, messageAttributes }))
    const [given] = seen
    assert.equal(Buffer.from(given?.data as Uint8Array).toString(), 'secret payload')
    assert.equal(given?.headers, { count: 7, bytes: new Uint8Array([1, 2]) })
  }),
)

test.run()
