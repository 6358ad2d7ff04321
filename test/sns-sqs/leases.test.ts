// time limit: 120 s
// node: 24 only
// How long a message is hidden from others, and what is done to it meanwhile.
import { setTimeout as sleep } from 'node:timers/promises'
import { configureLogging, Kernel, Retry, Service } from 'tomodachi'
import { snsSqs } from 'tomodachi/sns-sqs'
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import { console } from './console.ts'
import { inScene, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('leases of SNS+SQS')

test(
  'messages stay hidden while they are handled, though another service shortens the timeout of the queue',
  inScene(async (scene) => {
    const bus = scene.bus()
    const handled: number[] = []
    await scene.start((service) =>
      service.on(bus.topic('t', { queue: 'q' }), async ({ attempt }) => {
        handled.push(attempt)
        await sleep(3_000)
      }),
    )
    const { sqs } = console(scene)
    const { QueueUrl } = await sqs.getQueueUrl({ QueueName: 'q' })
    for (const VisibilityTimeout of ['1', '0']) {
      await sqs.setQueueAttributes({ QueueUrl, Attributes: { VisibilityTimeout } })
      await bus.publish('t', VisibilityTimeout)
    }
    await until(() => scene.bodies('q').length === 0 && handled.length >= 2)
    assert.equal(handled, [1, 1])
  }),
)

test(
  'a queue without a timeout of its own, as another service made it, hides messages for 30 s',
  inScene(async (scene) => {
    const { sqs } = console(scene)
    await sqs.createQueue({ QueueName: 'q', Attributes: { VisibilityTimeout: '0' } })
    const bodies: string[] = []
    scene.proxy.fault = ({ operation, body }) => {
      if (operation === 'ReceiveMessage') bodies.push(body)
      return undefined
    }
    const bus = scene.bus()
    await scene.start((service) => service.on(bus.queue('q'), () => {}))
    await until(() => bodies.length > 0)
    assert.is(JSON.parse(bodies[0] as string).VisibilityTimeout, 30)
  }),
)

test(
  'a renewal that is refused, as it would be for more than 12 hours in all, does not end the lease before its time',
  inScene(async (scene) => {
    const refusal = 'Total VisibilityTimeout for the message is beyond the limit [43200 seconds]'
    let renewals = 0
    scene.proxy.fault = ({ operation, body }) => {
      if (operation !== 'ChangeMessageVisibilityBatch') return undefined
      const { Entries } = JSON.parse(body) as {
        Entries: readonly { Id: string; VisibilityTimeout: number }[]
      }
      renewals++
      const Failed = Entries.map(({ Id }) => ({
        Id,
        Code: 'InvalidParameterValue',
        Message: refusal,
        SenderFault: true,
      }))
      return { edit: () => JSON.stringify({ Successful: [], Failed }) }
    }
    const bus = scene.bus()
    let aborted = 0
    await scene.start((service) =>
      service.on(bus.topic('t', { queue: 'q', visibilityTimeout: '4s' }), async ({ signal }) => {
        const began = performance.now()
        signal.addEventListener('abort', () => {
          aborted = performance.now() - began
        })
        await until(() => signal.aborted)
      }),
    )
    await bus.publish('t', 'x')
    await until(() => aborted > 0)
    assert.ok(renewals > 0)
    assert.ok(aborted > 2_900, `it was aborted after ${aborted} ms`)
  }),
)

for (const [code, faults] of [
  ['ExpiredToken', 4],
  ['ExpiredTokenException', 4],
  ['InvalidClientTokenId', 4],
] as const)
  test(
    `deletes that are refused with ${code} are tried again while the messages are hidden`,
    inScene(async (scene) => {
      let failed = 0
      scene.proxy.fault = ({ operation }) => {
        if (operation !== 'DeleteMessageBatch' || failed >= faults) return undefined
        failed++
        return { status: 403, code }
      }
      const bus = scene.bus()
      const handled: unknown[] = []
      await scene.start((service) =>
        service.on(bus.topic('t', { queue: 'q' }), ({ data }) => void handled.push(data)),
      )
      const sent = Array.from({ length: 20 }, (_, index) => index)
      await Promise.all(sent.map((index) => bus.publish('t', index)))
      await until(() => handled.length >= 20 && scene.bodies('q').length === 0)
      assert.equal([failed, handled.length, new Set(handled).size], [faults, 20, 20])
    }),
  )

test(
  'a delete is given up when its message may be with others; it comes again',
  inScene(async (scene) => {
    let isRefused = true
    scene.proxy.fault = ({ operation }) =>
      isRefused && /DeleteMessageBatch|ChangeMessageVisibilityBatch/.test(operation)
        ? { status: 403, code: 'ExpiredToken' }
        : undefined
    const bus = scene.bus()
    const attempts: number[] = []
    await scene.start((service) =>
      service.on(bus.topic('t', { queue: 'q', visibilityTimeout: '2s' }), ({ attempt }) => {
        attempts.push(attempt)
        isRefused = attempts.length < 2
      }),
    )
    await bus.publish('t', 'x')
    await until(() => attempts.length === 2 && scene.bodies('q').length === 0)
    assert.equal(attempts, [1, 2])
  }),
)

test(
  'a provider of credentials is asked again when AWS says that they have expired',
  inScene(async (scene) => {
    let current = 1
    let asked = 0
    const credentials = async () => {
      asked++
      return { accessKeyId: `key${current}`, secretAccessKey: 'secret' }
    }
    const url = `http://127.0.0.1:${scene.proxy.port}`
    const bus = snsSqs({
      regionName: 'eu-west-1',
      endpointUrls: { sns: url, sqs: url },
      waitTime: '1s',
      credentials,
    })
    const handled: unknown[] = []
    const service = new Service().on(bus.topic('t', { queue: 'q' }), ({ data }) => void handled.push(data))
    const kernel = new Kernel([service], { ownsProcess: false })
    await kernel.start()
    const first = asked
    scene.proxy.fault = ({ authorization }) =>
      authorization.includes('key1') ? { status: 403, code: 'ExpiredToken' } : undefined
    current = 2
    // The clients notice one by one; SQS receives, and SNS is tried until it works.
    await until(async () => (await bus.publish('t', 'x').catch(() => 'refused')) !== 'refused')
    await until(() => handled.length > 0)
    assert.ok(asked > first)
    await kernel.stop()
  }),
)

test(
  'a retry after more than 12 hours, for which SQS cannot hide a message: the process that waits hides it again',
  inScene(async (scene) => {
    const bus = scene.bus()
    const handled: { readonly attempt: number; readonly queueUrl: string; readonly receiptHandle: string }[] =
      []
    const hidden: number[] = []
    scene.proxy.fault = ({ operation, body }) => {
      if (!operation.startsWith('ChangeMessageVisibility')) return undefined
      const { Entries = [JSON.parse(body)] } = JSON.parse(body)
      for (const { VisibilityTimeout } of Entries) hidden.push(VisibilityTimeout)
      return undefined
    }
    await scene.start((service) =>
      service.on(bus.topic('t', { queue: 'q' }), (given) => {
        handled.push(given)
        throw new Retry({ after: '24h' })
      }),
    )
    await bus.publish('t', 'waits')
    await until(() => hidden.length === 1)
    // As after twelve hours.
    const [{ queueUrl: QueueUrl, receiptHandle: ReceiptHandle } = assert.unreachable() as never] = handled
    await console(scene).sqs.changeMessageVisibility({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 })
    await until(() => hidden.length === 2)
    for (const seconds of hidden) assert.ok(seconds > 43_000 && seconds <= 43_190, `${seconds} s`)
    assert.equal(
      handled.map(({ attempt }) => attempt),
      [1],
    )
  }),
)

test.run()
