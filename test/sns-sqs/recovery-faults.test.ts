// time limit: 200 s
// node: 24 only
// What becomes of messages when calls to AWS fail, stall, or are lost on their way back.
import { setTimeout as sleep } from 'node:timers/promises'
import { configureLogging } from 'tomodachi'
import * as assert from 'uvu/assert'
import type { Fault } from '../chaos/aws-proxy.ts'
import { sideBySide } from '../side-by-side.ts'
import { inScene, rejection, type Scene, until } from './scene.ts'
import { lettersIn } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('further faults of SNS+SQS')

/** Disturbs the first so many calls of an operation. */
function firstCalls(operation: string, count: number, fault: Fault): Scene['proxy']['fault'] {
  let left = count
  return (call) => (call.operation === operation && left-- > 0 ? fault : undefined)
}

test(
  'C40: a receive that stalls is given up, and the next one receives; readiness says so',
  inScene(async (scene) => {
    const bus = scene.bus({ requestTimeout: 1_500 })
    const handled: unknown[] = []
    scene.proxy.fault = firstCalls('ReceiveMessage', 3, 'stall')
    await scene.start((service) =>
      service.on(bus.topic('t', { queue: 'q' }), ({ data }) => void handled.push(data)),
    )
    await until(() => !bus.ready, 'that readiness is false')
    await bus.publish('t', 'x')
    await until(() => handled.length > 0 && (bus.ready ?? false))
  }),
)

test(
  'C41: a handler that takes longer than the visibility timeout has its message to itself',
  inScene(async (scene) => {
    const bus = scene.bus()
    const handled: number[] = []
    await scene.start((service) =>
      service.on(bus.topic('t', { queue: 'q', visibilityTimeout: '2s' }), async ({ attempt, signal }) => {
        handled.push(attempt)
        await sleep(6_000)
        assert.not.ok(signal.aborted)
      }),
    )
    await bus.publish('t', 'x')
    await until(() => scene.proxy.count('DeleteMessageBatch') > 0)
    await until(() => scene.bodies('q').length === 0)
    assert.equal(handled, [1])
  }),
)

test(
  'C41: a lease that is lost aborts the signal, and its message is neither deleted nor dead-lettered',
  inScene(async (scene) => {
    const bus = scene.bus()
    scene.proxy.fault = ({ operation }) =>
      operation === 'ChangeMessageVisibilityBatch' ? { status: 503 } : undefined
    const events: string[] = []
    let deliveries = 0
    await scene.start((service) =>
      service.on(
        bus.topic('t', { queue: 'q', visibilityTimeout: '2s', retry: { attempts: 1 } }),
        ({ signal }) => {
          // Where the process stands still for a while, the message may come again before the signal aborts.
          if (++deliveries > 1) return void events.push('handled again')
          return new Promise<void>((_, reject) => {
            signal.addEventListener('abort', () => {
              events.push(`aborted: ${(signal.reason as Error).message}`)
              reject(signal.reason)
            })
          })
        },
      ),
    )
    await bus.publish('t', 'x')
    await until(() => events.length === 2)
    assert.ok(events.includes('handled again'))
    const lost = /^aborted: the lease was lost: its time has passed/
    assert.ok(
      events.some((event) => lost.test(event)),
      events.join(),
    )
    await until(() => scene.bodies('q').length === 0)
    assert.equal(lettersIn(scene.server, 'q-dead'), [])
  }),
)

test(
  'C42: a message whose delete fails comes again, and is handled again',
  inScene(async (scene) => {
    const bus = scene.bus()
    const attempts: number[] = []
    scene.proxy.fault = firstCalls('DeleteMessageBatch', 1, { status: 400, code: 'InvalidAddress' })
    await scene.start((service) =>
      service.on(
        bus.topic('t', { queue: 'q', visibilityTimeout: '2s' }),
        ({ attempt }) => void attempts.push(attempt),
      ),
    )
    await bus.publish('t', 'x')
    await until(() => attempts.length === 2)
    assert.equal(attempts, [1, 2])
    await until(() => scene.bodies('q').length === 0)
  }),
)

test(
  'C42: a delete whose answer is lost is tried again',
  inScene(async (scene) => {
    const bus = scene.bus()
    let handled = 0
    scene.proxy.fault = firstCalls('DeleteMessageBatch', 2, 'lose')
    await scene.start((service) => service.on(bus.topic('t', { queue: 'q' }), () => void handled++))
    await bus.publish('t', 'x')
    await until(() => scene.proxy.count('DeleteMessageBatch') === 3)
    await until(() => scene.bodies('q').length === 0)
    assert.is(handled, 1)
  }),
)

test(
  'C49: the trace goes along to the next message, through retries, and into the dead letter',
  inScene(async (scene) => {
    const bus = scene.bus()
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const trace = { traceparent, tracestate: 'a=b', baggage: 'c=d' }
    const seen: unknown[] = []
    const retry = { attempts: 2, backoff: () => 0 }
    await scene.start((service) => {
      service.on(bus.topic('first', { queue: 'first' }), async () => {
        await bus.publish('second', 1)
        await bus.sendMessage('third', 1)
      })
      service.on(bus.topic('second', { queue: 'second', retry }), ({ envelope }) => {
        seen.push(envelope.headers.traceparent)
        throw new Error('fails')
      })
      service.on(
        bus.topic('third', { queue: 'third' }),
        ({ envelope }) => void seen.push(envelope.headers.traceparent),
      )
    })
    await bus.publish('first', 1, { headers: trace })
    await until(() => lettersIn(scene.server, 'second-dead').length > 0)
    await until(() => seen.length === 3)
    assert.equal(new Set(seen), new Set([traceparent]))
    const {
      traceparent: kept,
      tracestate,
      baggage,
    } = lettersIn(scene.server, 'second-dead')[0]?.headers ?? {}
    assert.equal({ traceparent: kept, tracestate, baggage }, trace)
  }),
)

for (const fault of ['reset', 'stall', { status: 408, empty: true }, { status: 500 }] as const) {
  test(
    `a publish is made again after ${JSON.stringify(fault)}`,
    inScene(async (scene) => {
      const bus = scene.bus({ requestTimeout: 2_000 })
      const handled: unknown[] = []
      await scene.start((service) =>
        service.on(bus.topic('t', { queue: 'q' }), ({ data }) => void handled.push(data)),
      )
      scene.proxy.fault = firstCalls('PublishBatch', 2, fault)
      await bus.publish('t', 'x')
      await until(() => handled.length > 0)
      assert.equal([handled, scene.proxy.count('PublishBatch')], [['x'], 3])
    }),
  )
}

test(
  'a publish that is never confirmed rejects at its deadline, and says why',
  inScene(async (scene) => {
    const bus = await scene.publisher({ publishTimeout: 1_000, requestTimeout: 400 })
    await bus.publish('t', 'the topic is made')
    scene.proxy.fault = ({ operation }) => (operation === 'PublishBatch' ? { status: 503 } : undefined)
    const error = await rejection(bus.publish('t', 'x'))
    assert.is(error.code, 'PUBLISH_TIMEOUT')
    assert.match(error.message, /within 1000 ms: InternalError/)
  }),
)

test.run()
