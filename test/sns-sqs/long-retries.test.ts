// time limit: 120 s
// node: 24 only
// Retries that are due after more than the 12 hours for which SQS hides a message, or than it keeps it.
import { configureLogging, type Duration, Retry } from 'tomodachi'
import type { SnsSqsTopicOptions } from 'tomodachi/sns-sqs'
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import { console } from './console.ts'
import { inScene, type Scene, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('long retries of SNS+SQS')

/** Asks once for a retry after this time. `comeBack` ends each hiding at once, as after twelve hours. */
async function retrying(scene: Scene, after: Duration, options: SnsSqsTopicOptions, comeBack = false) {
  const bus = scene.bus()
  const { sqs } = console(scene)
  const [hidden, attempts]: [number[], number[]] = [[], []]
  scene.proxy.fault = ({ operation, body }) => {
    if (!operation.startsWith('ChangeMessageVisibility')) return undefined
    const { QueueUrl, Entries = [JSON.parse(body)] } = JSON.parse(body)
    const [{ ReceiptHandle, VisibilityTimeout }] = Entries
    hidden.push(VisibilityTimeout)
    const edit = (answer: string) => {
      if (comeBack) void sqs.changeMessageVisibility({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 })
      return answer
    }
    return { edit }
  }
  await scene.start((service) =>
    service.on(bus.topic('t', { queue: 'q', ...options }), ({ attempt }) => {
      attempts.push(attempt)
      if (attempts.length === 1) throw new Retry({ after })
    }),
  )
  await bus.publish('t', 'waits')
  return { hidden, attempts }
}

const ownLetters = { deadLetterQueueName: 'aside' }
for (const [limits, options, rehides] of [
  ['standard', {}, 1],
  ['two attempts', { retry: { attempts: 2 } }, 4],
  ['no redelivery', { retry: { redeliveries: 0 } }, 0],
  ['endless redeliveries', { retry: { redeliveries: Number.POSITIVE_INFINITY } }, 2],
  ['maxReceiveCount 5', { ...ownLetters, maxReceiveCount: 5 }, 0],
  ['maxReceiveCount 4, two attempts', { ...ownLetters, maxReceiveCount: 4, retry: { attempts: 2 } }, 2],
] as [string, SnsSqsTopicOptions, number][])
  test(
    `a long retry comes early, before its receives use up the limits: ${limits}`,
    inScene(async (scene) => {
      const { hidden, attempts } = await retrying(scene, '80h', options, true)
      await until(() => attempts.length === 2 && scene.bodies('q').length === 0)
      assert.equal(attempts, [1, 2])
      assert.is(hidden.length, rehides + 1)
    }),
  )

for (const [retention, after, least, most] of [
  ['3600', '10h', 1_700, 1_801],
  ['72000', '5d', 35_900, 36_001],
  ['3600', '10m', 590, 600],
] as [string, Duration, number, number][])
  test(
    `a retry comes before SQS deletes its message: a retention of ${retention} s, and a retry after ${after}`,
    inScene(async (scene) => {
      const Attributes = { MessageRetentionPeriod: retention }
      await console(scene).sqs.createQueue({ QueueName: 'q', Attributes })
      const { hidden } = await retrying(scene, after, {})
      await until(() => hidden.length === 1)
      const [seconds = 0] = hidden
      assert.ok(seconds >= least && seconds <= most, `${seconds} s`)
    }),
  )

test.run()
