// time limit: 60 s
// node: 24 only
import { configureLogging } from 'tomodachi'
import type { SnsSqsGiven } from 'tomodachi/sns-sqs'
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import { inScene, type Scene, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('what SQS says about a message')

const trace = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1'

/** The emulator knows no X-Ray. */
function traced(scene: Scene): void {
  scene.proxy.fault = ({ operation, body }) => {
    if (operation !== 'ReceiveMessage' || !body.includes('"AWSTraceHeader"')) return undefined
    return {
      edit: (text) => text.replaceAll('"Attributes":{', `"Attributes":{"AWSTraceHeader":"${trace}",`),
    }
  }
}

test(
  'a handler is told when a message was sent and first received, by whom, and its X-Ray header, without another call',
  inScene(async (scene) => {
    traced(scene)
    const bus = scene.bus()
    const seen: SnsSqsGiven[] = []
    await scene.start((service) =>
      service.on(bus.topic('t', { queue: 'q', retry: { backoff: () => 0 } }), (given) => {
        seen.push(given)
        if (seen.length === 1) throw new Error('not yet')
      }),
    )
    const before = Date.now()
    await bus.publish('t', 1)
    await until(() => scene.bodies('q').length === 0)
    const [first, second] = seen as [SnsSqsGiven, SnsSqsGiven]
    for (const { sentTimestamp, approximateFirstReceiveTimestamp, senderId, awsTraceHeader } of seen) {
      assert.instance(sentTimestamp, Date)
      assert.instance(approximateFirstReceiveTimestamp, Date)
      assert.ok(Number(sentTimestamp) >= before && Number(sentTimestamp) <= Date.now())
      assert.ok(Number(approximateFirstReceiveTimestamp) >= Number(sentTimestamp))
      assert.is(senderId, '000000000000')
      assert.is(awsTraceHeader, trace)
    }
    assert.equal(first.approximateFirstReceiveTimestamp, second.approximateFirstReceiveTimestamp)
    assert.equal([first.approximateReceiveCount, second.approximateReceiveCount], [1, 2])
    assert.is(first.sequenceNumber, undefined)
    assert.is(scene.proxy.count('GetQueueAttributes'), 1, 'at the start')
  }),
)

test(
  'the messages of a batch of FIFO say it each, with their sequence numbers',
  inScene(async (scene) => {
    const bus = scene.bus()
    const seen: SnsSqsGiven[] = []
    const options = { queue: 'q.fifo', batch: { size: 2, wait: '5s' } } as const
    await scene.start((service) =>
      service.on(bus.topic('t.fifo', options), ({ batch }) => void seen.push(...batch)),
    )
    await Promise.all(['a', 'b'].map((groupId) => bus.publish('t.fifo', groupId, { groupId })))
    await until(() => seen.length === 2)
    assert.is(new Set(seen.map(({ sequenceNumber }) => sequenceNumber)).size, 2)
    for (const { sequenceNumber, sentTimestamp, messageGroupId, data, awsTraceHeader } of seen) {
      assert.match(sequenceNumber ?? '', /^\d+$/)
      assert.instance(sentTimestamp, Date)
      assert.is(messageGroupId, data)
      assert.is(awsTraceHeader, undefined)
    }
  }),
)

test.run()
