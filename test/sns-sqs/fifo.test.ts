// time limit: 240 s
// node: 24 only
import { setTimeout as sleep } from 'node:timers/promises'
import { configureLogging, DeadLetter } from 'tomodachi'
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import { inScene, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('FIFO on SNS+SQS')

test(
  'each group is in order and one at a time, and groups run side by side',
  inScene(async (scene) => {
    const bus = scene.bus()
    const handled: Record<string, unknown[]> = {}
    const running = new Map<string | undefined, number>()
    let peak = 0
    await scene.start((service) =>
      service.on(bus.topic('t', { queue: 'q', fifo: true }), async ({ data, messageGroupId = '' }) => {
        running.set(messageGroupId, (running.get(messageGroupId) ?? 0) + 1)
        assert.is(running.get(messageGroupId), 1, 'two of a group at once')
        peak = Math.max(
          peak,
          [...running.values()].reduce((sum, count) => sum + count, 0),
        )
        await sleep(20)
        handled[messageGroupId] = [...(handled[messageGroupId] ?? []), data]
        running.set(messageGroupId, 0)
      }),
    )
    const groups = ['a', 'b', 'c', 'd']
    const numbers = Array.from({ length: 12 }, (_, index) => index)
    await Promise.all(
      groups.flatMap((groupId) => numbers.map((number) => bus.publish('t', number, { groupId }))),
    )
    await until(() => groups.every((group) => handled[group]?.length === numbers.length))
    for (const group of groups) assert.equal(handled[group], numbers)
    assert.ok(peak > 1, 'groups do not run side by side')
    assert.ok(scene.server.inspectQueue('q.fifo'))
  }),
)

test(
  'a message that fails holds up its group until it is handled, and no other group',
  inScene(async (scene) => {
    const bus = scene.bus()
    const events: string[] = []
    const retry = { attempts: 3, backoff: () => 4_000 }
    let allPublished = () => {}
    const published = new Promise<void>((resolve) => {
      allPublished = resolve
    })
    await scene.start((service) =>
      service.on(
        bus.topic('t', { queue: 'q', fifo: true, retry }),
        async ({ data, attempt, messageGroupId }) => {
          events.push(`${messageGroupId}${data}.${attempt}`)
          if (messageGroupId !== 'a' || data !== 2 || attempt !== 1) return
          await published
          throw new Error('not yet')
        },
      ),
    )
    for (const groupId of ['a', 'b'])
      for (const number of [1, 2, 3]) await bus.publish('t', number, { groupId })
    allPublished()
    await until(() => events.length === 7)
    const of = (group: string) => events.filter((event) => event.startsWith(group))
    assert.equal(of('a'), ['a1.1', 'a2.1', 'a2.2', 'a3.1'])
    assert.equal(of('b'), ['b1.1', 'b2.1', 'b3.1'])
    assert.ok(events.indexOf('b3.1') < events.indexOf('a2.2'), 'the other group has waited')
  }),
)

test(
  'what was received behind a message of its group that fails goes back behind it',
  inScene(async (scene) => {
    // The emulator hands out one of a group at a time; AWS as many as it can.
    scene.server.createQueue('q.fifo', { region: 'eu-west-1', attributes: { FifoQueue: 'false' } })
    scene.proxy.fault = ({ operation }) => {
      if (operation !== 'ReceiveMessage') return undefined
      return { edit: (body) => body.replaceAll('"Attributes":{', '"Attributes":{"MessageGroupId":"g",') }
    }
    const bus = scene.bus()
    const events: string[] = []
    for (const text of ['a', 'b', 'c']) scene.server.sendMessage('q.fifo', text, { region: 'eu-west-1' })
    const options = { maxNumberOfConsumedMessages: 10, rawMessageDelivery: true, envelope: text } as const
    await scene.start((service) =>
      service.on(bus.queue('q.fifo', options), async ({ data, attempt, approximateReceiveCount }) => {
        events.push(`${data} attempt ${attempt} receive ${approximateReceiveCount}`)
        await sleep(50)
        if (events.length === 1) throw new Error('not yet')
      }),
    )
    await until(() => scene.bodies('q.fifo').length === 0)
    // Those that were given back had no attempt, although SQS has counted their receive.
    assert.equal(events[0], 'a attempt 1 receive 1')
    assert.equal([...events].sort(), [
      'a attempt 1 receive 1',
      'a attempt 2 receive 2',
      'b attempt 1 receive 2',
      'c attempt 1 receive 2',
    ])
  }),
)

const text = {
  build: String,
  parse: (payload: string | Uint8Array) => ({ data: String(payload), metadata: undefined }),
}

test(
  'of two messages with one deduplication id the first arrives; without one both do',
  inScene(async (scene) => {
    const bus = scene.bus()
    const handled: unknown[] = []
    const ids: unknown[] = []
    await scene.start((service) =>
      service.on(bus.topic('t.fifo', { queue: 'q.fifo' }), ({ data, messageDeduplicationId }) => {
        handled.push(data)
        ids.push(messageDeduplicationId)
      }),
    )
    const options = { groupId: 'g', deduplicationId: 'one' }
    await bus.publish('t.fifo', 1, options)
    await bus.publish('t.fifo', 2, options)
    await bus.publish('t.fifo', 3, { groupId: 'g' })
    await bus.publish('t.fifo', 3, { groupId: 'g' })
    await bus.sendMessage('q.fifo', 4, { groupId: 'g' })
    await until(() => handled.includes(4))
    assert.equal(handled, [1, 3, 3, 4])
    assert.is(ids[0], 'one')
    assert.is(new Set(ids).size, 4)
  }),
)

test(
  'a dead letter of FIFO goes to a queue of FIFO, in its group',
  inScene(async (scene) => {
    const bus = scene.bus()
    await scene.start((service) =>
      service.on(bus.topic('t', { queue: 'q', fifo: true }), () => {
        throw new DeadLetter('not for us')
      }),
    )
    await bus.publish('t', 1, { groupId: 'g' })
    await until(() => scene.bodies('q-dead.fifo').length > 0)
    const [message] = scene.server.inspectQueue('q-dead.fifo')?.messages.ready ?? []
    assert.is(message?.messageGroupId, 'g')
    await until(() => scene.bodies('q.fifo').length === 0)
  }),
)

test(
  'publishes to FIFO stay in order although calls fail',
  inScene(async (scene) => {
    const bus = scene.bus()
    const handled: unknown[] = []
    await scene.start((service) =>
      service.on(bus.topic('t', { queue: 'q', fifo: true }), ({ data }) => void handled.push(data)),
    )
    let calls = 0
    scene.proxy.fault = ({ operation }) =>
      operation === 'PublishBatch' && ++calls % 2 === 1 ? { status: 503 } : undefined
    const numbers = Array.from({ length: 35 }, (_, index) => index)
    await Promise.all(numbers.map((number) => bus.publish('t', number, { groupId: 'g' })))
    await until(() => handled.length === numbers.length)
    assert.equal(handled, numbers)
  }),
)

test(
  'a call holds one message of a group, so that a failure within it cannot reorder the group',
  inScene(async (scene) => {
    const bus = await scene.publisher()
    await bus.publish('t.fifo', 'the topic is made', { groupId: 'g' })
    const calls: string[][] = []
    scene.proxy.fault = ({ operation, body }) => {
      if (operation === 'PublishBatch') calls.push(groupsIn(body))
      return undefined
    }
    const groups = ['a', 'a', 'b', 'a', 'c', 'b']
    await Promise.all(groups.map((groupId, place) => bus.publish('t.fifo', place, { groupId })))
    for (const call of calls) assert.is(new Set(call).size, call.length)
    assert.equal(calls.flat().toSorted(), groups.toSorted())
    assert.ok(calls.length < groups.length, 'messages of other groups go in the same call')
  }),
)

function groupsIn(body: string): string[] {
  return [...new URLSearchParams(body)].flatMap(([name, value]) =>
    name.endsWith('.MessageGroupId') ? [value] : [],
  )
}

test.run()
