// time limit: 120 s
// node: 24 only
// AWS bills by call: how many there are.
import { setTimeout as sleep } from 'node:timers/promises'
import { configureLogging } from 'tomodachi'
import { awsCall } from 'tomodachi/sns-sqs'
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import { inScene, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('calls of SNS+SQS')

test(
  'at full speed ten messages go in a call: to publish, to receive and to delete them',
  inScene(async (scene) => {
    const bus = scene.bus()
    let handled = 0
    const kernel = await scene.start((service) =>
      service.on(bus.topic('t', { queue: 'q' }), () => void handled++),
    )
    const told = new Map<string, number>()
    kernel.bus.on(awsCall, ({ operation, adapter, service, milliseconds, error }) => {
      told.set(operation, (told.get(operation) ?? 0) + 1)
      assert.equal(
        [adapter, /sns|sqs/.test(service), milliseconds > 0, error],
        ['sns-sqs', true, true, undefined],
      )
    })
    const before = new Map(scene.proxy.calls)
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => bus.publish('t', index)))
    await until(() => handled === 1_000 && scene.bodies('q').length === 0)
    const since = (operation: string) => scene.proxy.count(operation) - (before.get(operation) ?? 0)
    assert.is(since('PublishBatch'), 100)
    assert.ok(since('DeleteMessageBatch') <= 150, `${since('DeleteMessageBatch')} deletes`)
    assert.ok(since('ReceiveMessage') <= 250, `${since('ReceiveMessage')} receives`)
    assert.is(since('ChangeMessageVisibilityBatch'), 0)
    assert.is(told.get('PublishBatch'), 100)
    // The last answers may still be on their way.
    await until(() => told.get('DeleteMessageBatch') === since('DeleteMessageBatch'))
  }),
)

test(
  'while there is nothing to do, one receive waits',
  inScene(async (scene) => {
    const bus = scene.bus({ waitTime: '2s' })
    await scene.start((service) => service.on(bus.topic('t', { queue: 'q' }), () => {}))
    await sleep(3_000)
    assert.ok(scene.proxy.count('ReceiveMessage') <= 2, `${scene.proxy.count('ReceiveMessage')} receives`)
  }),
)

test(
  'no more is received than there is room for',
  inScene(async (scene) => {
    const bus = scene.bus()
    let open = () => {}
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    await scene.start((service) => service.on(bus.topic('t', { queue: 'q', concurrency: 13 }), () => opened))
    await Promise.all(Array.from({ length: 40 }, (_, index) => bus.publish('t', index)))
    const inFlight = () => scene.server.inspectQueue('q')?.messages.inflight.length ?? 0
    await until(() => inFlight() === 13)
    await sleep(300)
    assert.is(inFlight(), 13)
    open()
    await until(() => scene.bodies('q').length === 0)
  }),
)

test(
  'small messages fill a call by their number, large ones by their size',
  inScene(async (scene) => {
    scene.server.createQueue('q', { region: 'eu-west-1' })
    const bus = await scene.publisher()
    const send = (size: number) => bus.sendMessage('q', 1, { bodyFormatter: () => 'x'.repeat(size) })
    await Promise.all([100_000, 100_000, 100_000, 262_144, 300_000].map(send))
    assert.is(scene.proxy.count('SendMessageBatch'), 4)
    assert.equal(
      scene
        .bodies('q')
        .map((body) => body.length)
        .sort(),
      [100_000, 100_000, 100_000, 262_144, 300_000],
    )
  }),
)

test(
  'more than may wait is refused, and everything else arrives',
  inScene(async (scene) => {
    const bus = await scene.publisher({ publishWindow: 10, publishQueue: 20 })
    await bus.publish('t', 'the topic is made')
    const results = await Promise.allSettled(
      Array.from({ length: 60 }, (_, index) => bus.publish('t', index)),
    )
    const refused = results.filter(({ status }) => status === 'rejected')
    assert.is(refused.length, 30)
    for (const result of refused)
      assert.is((result as { reason?: { code?: string } }).reason?.code, 'PUBLISH_OVERFLOW')
  }),
)

test.run()
