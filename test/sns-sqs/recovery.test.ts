// time limit: 120 s
// node: 24 only
import { setTimeout as sleep } from 'node:timers/promises'
import { configureLogging } from 'tomodachi'
import * as assert from 'uvu/assert'
import type { Fault } from '../chaos/aws-proxy.ts'
import { deferred } from '../kernel/fake-adapter.ts'
import { sideBySide } from '../side-by-side.ts'
import { inScene, type Scene, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('recovery of SNS+SQS')
const region = { region: 'eu-west-1' }

test(
  'C35: a queue that is deleted under its consumer is made again, with its subscription',
  inScene(async (scene) => {
    const bus = scene.bus()
    const handled: unknown[] = []
    const kernel = await scene.start((service) =>
      service.on(
        bus.topic('t', { queue: 'q', visibilityTimeout: '40s' }),
        ({ data }) => void handled.push(data),
      ),
    )
    await bus.publish('t', 'before')
    await until(() => handled.length === 1)
    assert.is(kernel.ready, true)
    let wasUnready = false
    const watch = setInterval(() => {
      wasUnready ||= !kernel.ready
    }, 1)
    scene.server.deleteQueue('q', region)
    await until(() => scene.server.inspectQueue('q') !== undefined)
    await until(() => kernel.ready)
    clearInterval(watch)
    assert.ok(wasUnready, 'it was ready although there was no queue')
    await bus.publish('t', 'after')
    await until(() => handled.length === 2)
    assert.equal(handled, ['before', 'after'])
    assert.is(scene.server.inspectQueue('q')?.attributes.VisibilityTimeout, '40')
  }),
)

test(
  'C35: a queue that must exist and is gone makes it unready, without a hot loop, until it is back',
  inScene(async (scene) => {
    scene.server.createQueue('q', region)
    const bus = scene.bus()
    const handled: unknown[] = []
    const kernel = await scene.start((service) =>
      service.on(bus.queue('q'), ({ data }) => void handled.push(data)),
    )
    scene.server.deleteQueue('q', region)
    await until(() => !kernel.ready)
    const before = scene.proxy.count('ReceiveMessage')
    await sleep(3_000)
    const receives = scene.proxy.count('ReceiveMessage') - before
    assert.ok(receives <= 8, `${receives} receives in three seconds`)
    assert.is(scene.proxy.count('CreateQueue'), 0)
    scene.server.createQueue('q', region)
    await bus.sendMessage('q', 'after')
    await until(() => handled.length === 1 && kernel.ready)
  }),
)

test(
  'a topic that is deleted is made again by the next publish',
  inScene(async (scene) => {
    const bus = await scene.publisher()
    await bus.publish('t', 1)
    scene.server.deleteTopic('t', region)
    await bus.publish('t', 2)
    assert.is(scene.proxy.count('CreateTopic'), 2)
  }),
)

test(
  'a topic that is gone is created by the publish with the subscriptions of its queues, and its message arrives',
  inScene(async (scene) => {
    scene.server.createTopic('gone', region)
    const bus = scene.bus()
    const handled: string[] = []
    const handle = (name: string) => async () => void handled.push(name)
    await scene.start((service) =>
      service
        .on(bus.topic('gone', { queue: 'one' }), handle('one'))
        .on(bus.topic('gone', { queue: 'two', filterPolicy: { kind: ['a'] } }), handle('two'))
        .on(bus.topic('g*', { queue: 'three' }), handle('three'))
        .on(bus.topic('other', { queue: 'four' }), handle('four')),
    )
    const kind = { messageAttributes: { kind: 'a' } }
    await bus.publish('gone', 'before', kind)
    await until(() => handled.length >= 2)
    handled.length = 0
    scene.server.deleteTopic('gone', region)
    await Promise.all([bus.publish('gone', 'after', kind), bus.publish('gone', 'after that')])
    await until(() => handled.length >= 5)
    assert.equal(handled.sort(), ['one', 'one', 'three', 'three', 'two'])
  }),
)

test(
  'a dead-letter queue that is deleted is made again',
  inScene(async (scene) => {
    const bus = scene.bus()
    await scene.start((service) =>
      service.on(bus.topic('t', { queue: 'q', retry: { attempts: 1 } }), () => {
        throw new Error('never works')
      }),
    )
    await bus.publish('t', 1)
    await until(() => scene.bodies('q-dead').length === 1)
    scene.server.deleteQueue('q-dead', region)
    await bus.publish('t', 2)
    await until(() => scene.bodies('q-dead').length === 1)
    await until(() => scene.bodies('q').length === 0)
  }),
)

test(
  'a long poll that ends after the stop strands no message',
  inScene(async (scene) => {
    const bus = scene.bus({ waitTime: '2s' })
    const handled: unknown[] = []
    const kernel = await scene.start((service) =>
      service.on(bus.topic('t', { queue: 'q' }), ({ data }) => void handled.push(data)),
    )
    await until(() => scene.proxy.count('ReceiveMessage') > 0)
    const publisher = await scene.publisher()
    const stopping = kernel.stop()
    // The last receive is under way, and takes the message.
    await publisher.publish('t', 'late')
    assert.is(await stopping, 0)
    assert.equal(handled, [])
    const { ready = [] } = scene.server.inspectQueue('q')?.messages ?? {}
    assert.is(ready.length, 1, 'it is hidden although nobody has it')
  }),
)

const messages = 1_500

/** Handles messages; once four receives go side by side, further ones go wrong. */
async function busy(scene: Scene, fault: Fault, faults: number) {
  const bus = scene.bus({ requestTimeout: 2_000 })
  const handled = new Set<unknown>()
  const published = deferred()
  await scene.start((service) =>
    service.on(bus.topic('t', { queue: 'q' }), async ({ data }) => {
      await published.promise
      handled.add(data)
    }),
  )
  let failed = 0
  scene.proxy.fault = ({ operation }) => {
    if (operation !== 'ReceiveMessage' || (scene.proxy.most.get(operation) ?? 0) < 4) return undefined
    return failed < faults && ++failed ? fault : undefined
  }
  // There is always more to receive, and time for it.
  await Promise.all(Array.from({ length: messages }, (_, index) => bus.publish('t', index)))
  scene.proxy.delay = 60
  published.resolve()
  await until(() => failed > 0)
  return { bus, handled, failed: () => failed }
}

test(
  'receives that fail together are one failure: it stays ready, and all is handled',
  inScene(async (scene) => {
    const { bus, handled, failed } = await busy(scene, 'stall', 4)
    let wasUnready = false
    // The stalls end within 3 s: the time of a receive, and what it may wait.
    const end = performance.now() + 4_000
    await until(() => {
      wasUnready ||= !bus.ready
      return handled.size === messages && performance.now() > end
    })
    assert.is(failed(), 4)
    assert.not.ok(wasUnready)
  }),
)

test(
  'a receive that fails leaves another one beside the one that stalls: what waits is handled',
  inScene(async (scene) => {
    scene.server.createQueue('q', region)
    const publisher = await scene.publisher()
    await Promise.all(Array.from({ length: 40 }, (_, index) => publisher.sendMessage('q', index)))
    // Two receives follow one that brings messages to an idle process.
    const faults: (Fault | undefined)[] = [{ until: sleep(500) }, 'reset', 'stall']
    scene.proxy.fault = ({ operation }) => (operation === 'ReceiveMessage' ? faults.shift() : undefined)
    const handled = new Set<unknown>()
    // The stall lasts longer than anybody waits here.
    const bus = scene.bus({ requestTimeout: 300_000 })
    await scene.start((service) => service.on(bus.queue('q'), ({ data }) => void handled.add(data)))
    await until(() => handled.size === 40)
    assert.is(faults.length, 0)
    scene.proxy.cut()
  }),
)

test(
  'AWS that is down is tried once at a time, and then works again',
  inScene(async (scene) => {
    const { bus, failed } = await busy(scene, { status: 503 }, 1_000)
    await until(() => !bus.ready)
    const before = failed()
    await sleep(2_000)
    assert.ok(failed() - before <= 4, `${failed() - before} receives in two seconds`)
    scene.proxy.fault = () => undefined
    await until(() => scene.bodies('q').length === 0)
    assert.ok(bus.ready)
  }),
)

test.run()
