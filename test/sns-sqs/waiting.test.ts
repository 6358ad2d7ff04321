// time limit: 120 s
// node: 24 only
// SQS counts every receive: what is fetched before it can start, what a stop gives back, and how often an empty queue is asked.
import { configureLogging, type Service } from 'tomodachi'
import { awsCall, type SnsSqsBus, type SnsSqsTopicOptions } from 'tomodachi/sns-sqs'
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import { inScene, type Scene, until } from './scene.ts'

type Fields = Record<string, unknown>

/** What was logged, by all tests here. */
const logged: [message: string, fields: Fields][] = []
const keep = (message: string, fields: Fields) => void logged.push([message, fields])
const ignore = () => {}
configureLogging({ logger: { debug: ignore, info: keep, warn: ignore, error: ignore } })

const test = sideBySide('waiting on SNS+SQS')

type Handle = (given: object) => void | Promise<void>

/** Ways of handling in which most messages have to wait; each handler is alone with what it handles. */
const ways: Readonly<Record<string, (service: Service, bus: SnsSqsBus, handle: Handle) => unknown>> = {
  'their key': on({ concurrency: 1, orderBy: () => 'the same' }),
  'the handler of their topic': (service, bus, handle) =>
    service
      .on(bus.topic('t', { queue: 'q', concurrency: 1 }), handle)
      .on(bus.topic('other', { queue: 'q', concurrency: 20 }), handle),
}

function on(options: SnsSqsTopicOptions & { readonly batch?: { size: number; wait: number } }) {
  return (service: Service, bus: SnsSqsBus, handle: Handle) =>
    service.on(bus.topic('t', { queue: 'q', ...options }), handle as never)
}

const all = ({ server }: Scene) => {
  const { ready = [], inflight = [] } = server.inspectQueue('q')?.messages ?? {}
  return [...ready, ...inflight.map(({ message }) => message)]
}

for (const [what, register] of Object.entries(ways)) {
  test(
    `a stop counts at most one receive of few messages that wait for ${what}`,
    inScene(async (scene) => {
      const sent = Array.from({ length: 60 }, (_, index) => index)
      const publisher = await scene.publisher()
      await (await scene.start((service) => register(service, scene.bus(), () => {}))).stop()
      await Promise.all(sent.map((data) => publisher.publish('t', data)))
      for (const _ of [1, 2, 3, 4]) {
        let [isRunning, open] = [false, () => {}]
        const opened = new Promise<void>((resolve) => {
          open = resolve
        })
        const kernel = await scene.start((service) =>
          register(service, scene.bus(), () => {
            isRunning = true
            return opened
          }),
        )
        await until(() => isRunning)
        const stopping = kernel.stop()
        open()
        await stopping
      }
      const counts = all(scene).map(({ approximateReceiveCount }) => approximateReceiveCount)
      const sum = counts.reduce((total, count) => total + count, 0)
      // Each start may have as many in hand as one receive brings.
      assert.ok(counts.length > 0 && sum <= 40, `receives of what is left: ${counts}`)
    }),
  )
}

test(
  'what a stop gives back comes after the last receive, which would get it once more',
  inScene(async (scene) => {
    const [bus, register] = [scene.bus(), on({ batch: { size: 10, wait: 600_000 } })]
    const kernel = await scene.start((service) => void register(service, bus, () => {}))
    let ended = 0
    kernel.bus.on(awsCall, ({ operation }) => void (operation === 'ReceiveMessage' && ended++))
    for (const data of [1, 2, 3]) await bus.publish('t', data)
    await until(() => all(scene).every(({ approximateReceiveCount }) => approximateReceiveCount === 1))
    const underWay: number[] = []
    scene.proxy.fault = ({ operation }) => {
      const isRelease = operation === 'ChangeMessageVisibilityBatch'
      if (isRelease) underWay.push(scene.proxy.count('ReceiveMessage') - ended)
      return undefined
    }
    assert.is(await kernel.stop(), 0)
    assert.equal(underWay, [0])
    assert.is(scene.server.inspectQueue('q')?.messages.ready.length, 3)
  }),
)

test(
  'a server that answers at once, though it has nothing, is not asked again at once',
  inScene(async (scene) => {
    const [bus, times] = [scene.bus({ waitTime: '20s' }), [] as number[]]
    scene.proxy.fault = ({ operation }) => {
      if (operation !== 'ReceiveMessage') return undefined
      times.push(performance.now())
      return { status: 200, empty: true }
    }
    const handled: unknown[] = []
    const kernel = await scene.start((service) =>
      service.on(bus.topic('t', { queue: 'q' }), ({ data }) => void handled.push(data)),
    )
    await until(() => times.length === 8)
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    for (const [index, least] of [0, 0, 50, 100, 200, 400, 500].entries())
      assert.ok((waits[index] ?? 0) > least - 5, `waits of ${waits}`)
    scene.proxy.fault = () => undefined
    await bus.publish('t', 'it comes')
    await until(() => handled.length === 1)
    // Ends the receive that waits.
    const stopping = kernel.stop()
    await (await scene.publisher()).publish('t', 'it wakes')
    await stopping
  }),
)

test(
  'a wait that drainTimeout shortens is told of, and a delay of the stop shortens it more',
  inScene(async (scene) => {
    for (const [name, options, left] of [
      ['short', { drainTimeout: 1_500 }, 1_500],
      ['delayed', { drainTimeout: 4_700, stopDelay: 3_000 }, 1_700],
    ] as const) {
      const bus = scene.bus({ name, waitTime: '3s' })
      await scene.start((service) => service.on(bus.topic('t', { queue: name }), () => {}), options)
      const told = logged.find(
        ([message, fields]) => message.includes('less than waitTime') && fields.left === left,
      )
      assert.is(told?.[1].waitTime, 1_000, name)
    }
  }),
)

test.run()
