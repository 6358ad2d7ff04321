// time limit: 200 s
// node: 24 only
// What becomes of messages when calls to AWS fail, stall, or are lost on their way back.
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { configureLogging, DeadLetter } from 'tomodachi'
import * as assert from 'uvu/assert'
import type { Fault } from '../chaos/aws-proxy.ts'
import { sideBySide } from '../side-by-side.ts'
import { inScene, rejection, type Scene, until } from './scene.ts'
import { lettersIn } from './world.ts'

const warnings: string[] = []
const note = (...values: unknown[]) => void warnings.push(inspect(values, { breakLength: Infinity }))
configureLogging({ logger: { debug() {}, info() {}, warn: note, error() {} } })

const test = sideBySide('faults of SNS+SQS')

/** Disturbs the first so many calls of an operation. */
function firstCalls(operation: string, count: number, fault: Fault): Scene['proxy']['fault'] {
  let left = count
  return (call) => (call.operation === operation && left-- > 0 ? fault : undefined)
}

const texts = (count: number) => Array.from({ length: count }, (_, index) => `message ${index}`)

test(
  'C06: what one instance leaves when it closes, the next ones handle; nothing is lost',
  inScene(async (scene) => {
    const handled = new Set<unknown>()
    const sent = texts(300)
    const consume = () => {
      const bus = scene.bus()
      const handle = async ({ data }: { data: unknown }) => {
        await sleep(5 * Math.random())
        handled.add(data)
      }
      return scene.start((service) => service.on(bus.topic('t', { queue: 'q', concurrency: 20 }), handle))
    }
    for (let batch = 0; batch < 5; batch++) {
      const kernel = await consume()
      const publisher = await scene.publisher()
      await Promise.all(sent.slice(batch * 60, batch * 60 + 60).map((text) => publisher.publish('t', text)))
      await until(() => handled.size >= batch * 60 + 20)
      assert.is(await kernel.stop(), 0)
    }
    await consume()
    await until(() => handled.size === sent.length)
  }),
)

test(
  'C20: a dead letter is confirmed before its message is deleted; between them nothing is lost',
  inScene(async (scene) => {
    const bus = scene.bus()
    const options = { queue: 'q', visibilityTimeout: '2s' } as const
    const fail = () => {
      throw new DeadLetter('not for us')
    }
    const kernel = await scene.start((service) => service.on(bus.topic('t', options), fail))
    const order: string[] = []
    scene.proxy.fault = ({ operation }) => {
      if (/SendMessageBatch|DeleteMessageBatch/.test(operation)) order.push(operation)
      return operation === 'DeleteMessageBatch' ? 'stall' : undefined
    }
    await (await scene.publisher()).publish('t', 'x')
    await until(() => order.includes('DeleteMessageBatch'))
    assert.is(order[0], 'SendMessageBatch')
    assert.is(lettersIn(scene.server, 'q-dead').length, 1)
    // The process ends here: the message is there as well as its dead letter.
    kernel.force(1)
    await bus.close()
    assert.is(scene.bodies('q').length, 1)
  }),
)

test(
  'a delete that fails for longer than its message is hidden is given up, and spoils no other',
  inScene(async (scene) => {
    const bus = scene.bus()
    const attempts: number[] = []
    scene.proxy.fault = ({ operation }) => (/^(Delete|Change)/.test(operation) ? { status: 503 } : undefined)
    await scene.start((service) =>
      service.on(
        bus.topic('t', { queue: 'spoilt', visibilityTimeout: '2s' }),
        ({ attempt }) => void attempts.push(attempt),
      ),
    )
    await bus.publish('t', 'x')
    await until(() => warnings.some((line) => /could not be deleted.*spoilt/.test(line)))
    scene.proxy.fault = () => undefined
    await until(() => scene.bodies('spoilt').length === 0)
    assert.ok(attempts.length > 1, 'it came again')
  }),
)

test(
  'C20: a dead letter that cannot be sent keeps its message',
  inScene(async (scene) => {
    const bus = scene.bus({ publishTimeout: 2_000, requestTimeout: 1_500 })
    let calls = 0
    // When it is given back: from then on it may be handled once more.
    let callsBefore = 0
    scene.proxy.fault = ({ operation }) => {
      if (operation === 'ChangeMessageVisibilityBatch') callsBefore ||= calls
      return operation === 'SendMessageBatch' ? { status: 503 } : undefined
    }
    await scene.start((service) =>
      service.on(bus.topic('t', { queue: 'q' }), () => {
        calls++
        throw new DeadLetter('not for us')
      }),
    )
    await (await scene.publisher()).publish('t', 'x')
    await until(() => scene.proxy.count('ChangeMessageVisibilityBatch') > 0)
    assert.is(scene.proxy.count('DeleteMessageBatch'), 0)
    const letters = lettersIn(scene.server, 'q-dead')
    assert.equal([callsBefore, scene.bodies('q').length, letters.length], [1, 1, 0])
  }),
)

test(
  'C25: of a batch that partly fails only what has failed goes again, and each caller has its own result',
  inScene(async (scene) => {
    const bus = await scene.publisher()
    await bus.publish('t', 'the topic is made')
    const bodies: string[] = []
    scene.proxy.fault = ({ operation, body }) => {
      if (operation !== 'PublishBatch') return undefined
      bodies.push(body)
      // The first entry fails for a passing reason, the second one for good.
      return bodies.length === 1 ? { edit: (answer) => failing(answer) } : undefined
    }
    const results = await Promise.allSettled(texts(4).map((text) => bus.publish('t', text)))
    assert.equal(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
    )
    assert.is((results[1] as { reason?: { code?: string } }).reason?.code, 'PUBLISH_REFUSED')
    const entries = bodies.map((body) => body.split('.Id=').length - 1)
    assert.equal(entries, [4, 1])
  }),
)

/** Has the entries 0 and 1 of a batch fail. */
function failing(answer: string): string {
  const failed = [
    ['0', 'InternalError', 'false'],
    ['1', 'InvalidParameter', 'true'],
  ].map(
    ([id, code, fault]) =>
      `<member><Id>${id}</Id><Code>${code}</Code><Message>by proxy</Message><SenderFault>${fault}</SenderFault></member>`,
  )
  return answer
    .replace(/<member><Id>[01]<\/Id>.*?<\/member>/g, '')
    .replace('<Failed></Failed>', `<Failed>${failed.join('')}</Failed>`)
}

test(
  'C25: of deletes that partly fail only those that have failed go again',
  inScene(async (scene) => {
    const bus = scene.bus()
    const handles: number[] = []
    scene.proxy.fault = ({ operation, body }) => {
      if (operation !== 'DeleteMessageBatch') return undefined
      handles.push((JSON.parse(body) as { Entries: unknown[] }).Entries.length)
      if (handles.length > 1) return undefined
      const Failed = [{ Id: '0', Code: 'InternalError', SenderFault: false }]
      return { edit: (answer) => JSON.stringify({ ...JSON.parse(answer), Successful: [], Failed }) }
    }
    let handled = 0
    await scene.start((service) => service.on(bus.topic('t', { queue: 'q' }), () => void handled++))
    await bus.publish('t', 'x')
    await until(() => handles.length === 2)
    assert.equal([handles, handled], [[1, 1], 1])
  }),
)

for (const [name, fault] of [
  ['AWS is not there', 'reset'],
  ['AWS does not answer', 'stall'],
] as const) {
  test(
    `C29: a stop while it starts ends at once, although ${name}`,
    inScene(async (scene) => {
      scene.proxy.fault = () => fault
      const bus = scene.bus({ startTimeout: 60_000, requestTimeout: 60_000 })
      const starting = scene.start((service) => service.on(bus.topic('t', { queue: 'q' }), () => {}), {
        drainTimeout: 1_000,
      })
      // Awaited below.
      starting.catch(() => {})
      await until(() => scene.proxy.count('GetQueueUrl') > 0)
      const began = performance.now()
      await scene.stopAll()
      const took = performance.now() - began
      assert.ok(took < 20_000, `the stop took ${took} ms`)
      await rejection(starting)
    }),
  )
}

for (const [name, fault] of [
  ['500', { status: 500 }],
  ['503', { status: 503, code: 'ServiceUnavailable' }],
  ['408 without a body', { status: 408, empty: true }],
  ['throttling', { status: 400, code: 'ThrottlingException' }],
  ['a refusal', { status: 403, code: 'AccessDeniedException' }],
  ['a reset', 'reset'],
] as const) {
  test(
    `C40: receives go on after ${name}, with pauses`,
    inScene(async (scene) => {
      const bus = scene.bus()
      const handled: unknown[] = []
      scene.proxy.fault = firstCalls('ReceiveMessage', 3, fault)
      await scene.start((service) =>
        service.on(bus.topic('t', { queue: 'q' }), ({ data }) => void handled.push(data)),
      )
      const began = performance.now()
      await bus.publish('t', 'x')
      await until(() => handled.length > 0)
      assert.ok(performance.now() - began > 300, 'it has not paused')
      assert.equal([handled, bus.ready], [['x'], true])
    }),
  )
}

test.run()
