// time limit: 120 s
// node: 24 only
// What dead letters say of themselves, and what can be done with them whatever the clocks say.
import { configureLogging, DeadLetter } from 'tomodachi'
import { raw } from 'tomodachi/envelopes'
import * as assert from 'uvu/assert'
import type { Fault } from '../chaos/aws-proxy.ts'
import { sideBySide } from '../side-by-side.ts'
import { inScene, type Scene, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('dead letters of SNS+SQS')
const region = { region: 'eu-west-1' }

test(
  'a dead letter keeps its own attributes and its reasons, however many attributes it has',
  inScene(async (scene) => {
    const bus = scene.bus()
    let isMended = false
    const seen = new Map<number, object>()
    await scene.start((service) =>
      service.on(
        bus.topic('t', { queue: 'q', rawMessageDelivery: true, envelope: raw() }),
        ({ data, messageAttributes }) => {
          if (!isMended) throw new DeadLetter(`no \u0000 and no ${'x'.repeat(3_000)}`)
          seen.set(Number(data), messageAttributes)
        },
      ),
    )
    const counts = [0, 3, 4, 6, 7, 8, 9, 10]
    // The last one of ten shares its attribute, whatever it is.
    const own = (count: number) => ({
      ...Object.fromEntries(Array.from({ length: count - 1 }, (_, place) => [`a${place}`, place])),
      ...(count > 0 && { bytes: new Uint8Array([0, 255, count]) }),
    })
    for (const count of counts)
      await bus.publish('t', String(count), { messageAttributes: own(count), envelope: raw() })
    await until(() => scene.bodies('q-dead').length === counts.length)
    const stored = scene.server.inspectQueue('q-dead')?.messages.ready ?? []
    assert.ok(stored.every(({ messageAttributes }) => Object.keys(messageAttributes).length <= 10))
    const letters = await bus.deadLetterQueues.peek('q-dead')
    assert.is(letters.length, counts.length)
    for (const { payload, queue, topic, reason, error, attempts, headers } of letters) {
      assert.equal([queue, topic, error, attempts], ['q', 't', 'DeadLetter', 1], String(payload))
      assert.match(reason ?? '', /^no \ufffd and no x+…$/)
      assert.equal(headers, own(Number(payload)))
    }
    isMended = true
    assert.is(await bus.deadLetterQueues.redrive('q-dead'), counts.length)
    await until(() => seen.size === counts.length)
    for (const count of counts) assert.equal(seen.get(count), own(count))
  }),
)

test(
  'a dead letter as large as SQS allows says at least where it came from, where there is room for it',
  inScene(async (scene) => {
    scene.server.createQueue('q', region)
    const bus = scene.bus()
    await scene.start((service) =>
      service.on(bus.queue('q', { rawMessageDelivery: true, envelope: raw() }), () => {
        throw new DeadLetter('x'.repeat(2_000))
      }),
    )
    const sizes = [262_144 - 500, 262_144 + 1, 1_048_576] as const
    for (const size of sizes)
      await bus.sendMessage('q', '', { bodyFormatter: () => 'x'.repeat(size), envelope: raw() })
    await until(() => scene.bodies('q-dead').length === sizes.length)
    const letters = await bus.deadLetterQueues.peek('q-dead')
    const said = new Map(
      letters.map(({ payload, queue, reason }) => [payload.length, [queue, reason?.length]]),
    )
    assert.equal(said.get(sizes[0]), ['q', undefined])
    assert.equal(said.get(sizes[1]), ['q', 2_000])
    assert.equal(said.get(sizes[2]), [undefined, undefined])
  }),
)

/** A clock of AWS that is so many seconds ahead of ours. */
function ahead(seconds: number): Scene['proxy']['fault'] {
  const edit = (body: string) =>
    body.replace(
      /"SentTimestamp":"(\d+)"/g,
      (_, sent) => `"SentTimestamp":"${Number(sent) + 1_000 * seconds}"`,
    )
  return ({ operation }): Fault | undefined => (operation === 'ReceiveMessage' ? { edit } : undefined)
}

for (const seconds of [60, -60]) {
  test(
    `with a clock ${seconds} s off each message is put back once though its handler still fails, then discarded`,
    inScene(async (scene) => {
      const bus = scene.bus()
      const handled = new Map<unknown, number>()
      const retry = { attempts: 2, backoff: () => 0 }
      await scene.start((service) =>
        service.on(bus.topic('t', { queue: 'q', retry }), ({ data }) => {
          handled.set(data, (handled.get(data) ?? 0) + 1)
          throw new Error('still fails')
        }),
      )
      const numbers = Array.from({ length: 30 }, (_, place) => place)
      await Promise.all(numbers.map((number) => bus.publish('t', number)))
      await until(() => scene.bodies('q-dead').length === numbers.length)
      scene.proxy.fault = ahead(seconds)
      assert.is(await bus.deadLetterQueues.redrive('q-dead'), numbers.length)
      await until(() => scene.bodies('q-dead').length === numbers.length)
      assert.equal(new Set(handled.values()), new Set([4]))
      assert.is(await bus.deadLetterQueues.discard('q-dead', { limit: 5 }), 5)
      assert.is(await bus.deadLetterQueues.discard('q-dead'), 25)
      assert.equal(scene.bodies('q-dead'), [])
    }),
  )
}

test(
  'with a redrive policy of SQS each message is put back once, too',
  inScene(async (scene) => {
    scene.server.createQueue('q', region)
    const bus = scene.bus()
    let handled = 0
    const options = {
      queue: 'q',
      deadLetterQueueName: 'aside',
      maxReceiveCount: 1,
      visibilityTimeout: '1s',
      retry: { attempts: 10, backoff: () => 0 },
    } as const
    await scene.start((service) =>
      service.on(bus.topic('t', options), () => {
        handled++
        throw new Error('still fails')
      }),
    )
    await Promise.all([1, 2, 3].map((number) => bus.publish('t', number)))
    await until(() => scene.bodies('aside').length === 3)
    const before = handled
    assert.is(await bus.deadLetterQueues.redrive('aside', { to: 'q' }), 3)
    await until(() => scene.bodies('aside').length === 3)
    assert.is(handled - before, 3)
  }),
)

test.run()
