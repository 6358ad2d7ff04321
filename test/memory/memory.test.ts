import { setTimeout as sleep } from 'node:timers/promises'
import { configureLogging, Kernel, type Middleware, Service, topic } from 'tomodachi'
import { raw } from 'tomodachi/envelopes'
import { MemoryBroker, memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'

configureLogging({ logger: 'disabled' })

const test = suite('memory bus')

const start = (...services: Service[]) => new Kernel(services, { ownsProcess: false }).start()
const turns = async () => {
  for (let count = 0; count < 10; count++) await new Promise(setImmediate)
}

async function rejects(work: Promise<unknown>, code: string, ...parts: readonly string[]): Promise<void> {
  const error = await work.then(
    () => assert.unreachable(`should reject with ${code}`),
    (reason: unknown) => reason as { code?: string; message: string },
  )
  assert.is(error?.code, code, error?.message)
  for (const part of parts) assert.match(error?.message as string, part)
}

test('without competition every instance has a queue of its own, which goes with it', async () => {
  const broker = new MemoryBroker()
  const seen: string[] = []
  const kernels: Kernel[] = []
  for (const instance of ['one', 'other']) {
    const source = memory({ broker }).topic('t', { competing: false })
    kernels.push(await start(new Service().on(source, () => void seen.push(instance))))
  }
  broker.publish('t', '{"metadata":{"data_encoding":"raw"},"data":1}')
  await turns()
  assert.equal(seen, ['one', 'other'])
  for (const kernel of kernels) await kernel.stop()
  broker.publish('t', 'nobody is there')
  assert.is(broker.total(), 0)
})

test('a message that no queue wants is gone', async () => {
  const bus = memory()
  const kernel = await start(new Service({ adapters: [bus] }))
  await bus.publish('t', 1)
  assert.is(bus.count('t'), 0)
  await kernel.stop()
})

test('two handlers of one queue are a conflict that names both', async () => {
  const bus = memory()
  const one = () => {}
  const other = () => {}
  const conflict = [
    'handlers one and other both consume "t", so each would get only some of its messages; give each its own `queue`',
  ] as const
  await rejects(
    start(new Service().on(bus.topic('t'), one).on(bus.topic('t'), other)),
    'QUEUE_SHARED',
    ...conflict,
  )
  const services = [new Service().on(bus.topic('t'), one), new Service().on(bus.topic('t'), other)]
  await rejects(start(...services), 'QUEUE_SHARED', ...conflict)
  const named = new Service()
    .on(bus.topic('a', { queue: 't' }), one)
    .on(bus.topic('b', { queue: 't' }), other)
  await rejects(start(named), 'QUEUE_SHARED', ...conflict)
  const alone = new Service().on(bus.topic('t', { queue: 'q', competing: false }), one)
  await rejects(start(alone), 'QUEUE_NOT_COMPETING', '"q"', 'competing: false')
})

test('options that make no sense are refused where they are written', () => {
  const wrong = [
    { concurrency: 0 },
    { concurrency: Number.NaN },
    { retry: { attempts: 0 } },
    { retry: { backoff: { first: -1 } } },
    { retry: { backoff: { factor: 0.5 } } },
    { retry: { backoff: { cap: Number.NaN } } },
    { retry: { backoff: { jitter: -1 } } },
  ]
  for (const options of wrong) {
    assert.throws(
      () => memory().topic('t', options),
      (error: { code: string }) => error.code === 'OPTION_INVALID',
    )
  }
})

test('publishing needs a running bus', async () => {
  const bus = memory({ name: 'letters' })
  await rejects(bus.publish('t', 1), 'ADAPTER_NOT_STARTED', 'letters', 'publishing to t')
  const kernel = await start(new Service({ adapters: [bus] }))
  await bus.publish('t', 1)
  await kernel.stop()
  await rejects(bus.publish('t', 1), 'ADAPTER_NOT_STARTED')
})

test('data that cannot travel is refused, and nothing is sent', async () => {
  const bus = memory()
  const circular: { self?: unknown } = {}
  circular.self = circular
  const kernel = await start(new Service().on(bus.topic('t'), () => assert.unreachable()))
  for (const data of [1n, { deep: [1n] }, circular]) {
    await rejects(bus.publish('t', data), 'PAYLOAD_UNBUILDABLE', 'data for t')
  }
  await rejects(bus.publish('t', { text: 1 }, { envelope: raw() }), 'PAYLOAD_UNBUILDABLE')
  assert.is(bus.count('t'), 0)
  await kernel.stop()
})

test('a schema is held to by the publisher, and makes what the handler is given', async () => {
  const order = topic('order', { schema: z.object({ id: z.string(), count: z.number().default(1) }) })
  const later = topic('later', { schema: z.string().refine(async (text) => text !== 'bad') })
  const bus = memory()
  const seen: unknown[] = []
  const service = new Service()
    .on(bus.topic(order), ({ data }) => void seen.push([data.id, data.count]))
    .on(bus.topic(later), ({ data }) => void seen.push(data.toUpperCase()))
  const kernel = await start(service)
  await rejects(bus.publish(order, { id: 1 } as never), 'PAYLOAD_INVALID', 'the message of order', 'id')
  await rejects(bus.publish(later, 'bad'), 'PAYLOAD_INVALID', 'the message of later')
  await bus.publish('order', { id: 'by name' })
  await bus.publish('order', { id: 17 })
  await bus.publish(later, 'good')
  await turns()
  assert.equal(seen, [['by name', 1], 'GOOD'])
  const [dead] = bus.deadLetters('order.dead')
  assert.equal(dead?.data, { id: 17 })
  await kernel.stop()
})

test('a message does not change with what its publisher does afterwards', async () => {
  const bus = memory({ envelope: raw() })
  const [bytes, headers] = [new Uint8Array([1, 2, 3]), { trace: 'a' }]
  const seen: unknown[] = []
  const service = new Service().on(bus.topic('t'), ({ data, envelope, metadata }) => {
    seen.push([...(data as Uint8Array)], envelope.headers.trace, metadata)
  })
  const kernel = await start(service)
  await bus.publish('t', bytes, { headers })
  bytes.fill(9)
  headers.trace = 'b'
  await turns()
  assert.equal(seen, [[1, 2, 3], 'a', undefined])
  await kernel.stop()
})

test('no handler runs within the publisher, nor keeps the event loop for itself', async () => {
  const bus = memory()
  let handled = 0
  const service = new Service().on(bus.topic('t'), async () => {
    if (++handled < 1_000) await bus.publish('t', handled)
  })
  const kernel = await start(service)
  await bus.publish('t', 0)
  assert.is(handled, 0)
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  assert.ok(handled > 0 && handled < 1_000, `${handled} messages in two turns`)
  while (handled < 1_000) await turns()
  await kernel.stop()
})

test('what was given back keeps its place', async () => {
  const broker = new MemoryBroker()
  const bus = memory({ broker })
  const options = { queue: 'q', orderBy: () => 'the same' }
  const stuck = new Service({ drainTimeout: 10 }).on(bus.topic('t', options), async ({ signal }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  })
  const kernel = await start(stuck)
  for (const data of [1, 2, 3]) await bus.publish('t', data)
  await turns()
  const stopping = kernel.stop()
  await bus.publish('t', 4)
  assert.is(await stopping, 1)
  const [seen, next] = [[] as unknown[], memory({ broker })]
  const again = await start(new Service().on(next.topic('t', options), ({ data }) => void seen.push(data)))
  await turns()
  assert.equal(seen, [1, 2, 3, 4])
  await again.stop()
})

test('what waits when it stops is there when it starts again', async () => {
  const broker = new MemoryBroker()
  const seen: unknown[] = []
  const bus = memory({ broker })
  const service = new Service().on(bus.topic('t'), ({ data }) => void seen.push(data))
  for (const round of [1, 2, 3]) {
    const kernel = await start(service)
    await bus.publish('t', `soon ${round}`)
    await turns()
    await kernel.stop()
    broker.publish('t', `{"metadata":{"data_encoding":"raw"},"data":"waits ${round}"}`)
    assert.is(bus.count('t'), 1)
  }
  assert.equal(seen, ['soon 1', 'waits 1', 'soon 2', 'waits 2', 'soon 3'])
})

test('a stopped bus leaves no timer, and says what it leaves in memory', async () => {
  const warnings: unknown[] = []
  const [before, ignore] = [process.getActiveResourcesInfo().sort(), () => {}]
  const warn = (message: string, { messages }: Record<string, unknown>) => warnings.push([message, messages])
  configureLogging({ logger: { info: ignore, error: ignore, warn } })
  const ofTimers = ({ name }: Error) => warnings.push(name)
  process.on('warning', ofTimers)
  const bus = memory()
  const kernel = await start(new Service().on(bus.topic('t'), () => {}))
  // Longer than a timer can be, of which Node would warn.
  await bus.publish('t', 'x', { delay: 2 ** 31 + 1_000 })
  await sleep(20)
  assert.is(bus.count('t'), 1)
  await kernel.stop()
  process.off('warning', ofTimers)
  configureLogging({ logger: 'disabled' })
  assert.equal(warnings, [['messages are left in memory and are lost when the process ends', 1]])
  assert.equal(process.getActiveResourcesInfo().sort(), before)
})

test('middleware of the bus gives more to its handlers, and is no other bus', async () => {
  const tenant: Middleware<object, { tenant: string }> = async (_, next) => next({ tenant: 'acme' })
  const bus = memory()
  const seen: unknown[] = []
  const service = new Service()
    .on(bus.use(tenant).topic('t'), (context) => void seen.push(context.tenant, context.topic))
    .on(bus.topic('u'), (context) => void seen.push('tenant' in context))
  const kernel = await start(service)
  kernel.bus.on('published', ({ adapter, topic }) => void seen.push({ adapter, topic }))
  await bus.use(tenant).publish('t', 1)
  await bus.publish('u', 1)
  await turns()
  const published = ['t', 'u'].map((name) => ({ adapter: 'memory', topic: name }))
  assert.equal(seen, [...published, 'acme', 't', false])
  assert.is(kernel.adapters().length, 1)
  await kernel.stop()
})

test.run()
