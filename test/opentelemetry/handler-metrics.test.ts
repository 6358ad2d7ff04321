import { configureLogging, DeadLetter, Kernel, manualClock, Service } from 'tomodachi'
import { client, http } from 'tomodachi/http'
import { memory } from 'tomodachi/memory'
import { opentelemetry } from 'tomodachi/opentelemetry'
import { schedule } from 'tomodachi/schedule'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { failureOf } from '../http/serving.ts'
import { deferred } from '../kernel/fake-adapter.ts'
import { until } from '../until.ts'
import { keepMetrics, numberOf, readAll, sumOf, valuesOf } from './meters.ts'

const handlers = suite('opentelemetry: metrics of handlers')
handlers.before(() => configureLogging({ logger: 'disabled' }))
handlers.before.each(keepMetrics)

const telemetry = () => opentelemetry({ traces: false })
const start = (...services: Service[]) => new Kernel(services, { ownsProcess: false }).start()
const retry = { attempts: 2, backoff: () => 0 }

handlers('messages are counted and timed by their topic, and so are retries and dead letters', async () => {
  const bus = memory()
  const kernel = await start(
    new Service({ name: 'orders', adapters: [telemetry()] })
      .on(bus.topic('order.*', { queue: 'billing', retry }), () => {})
      .on(bus.topic('broken', { retry }), () => {
        throw new RangeError('no')
      })
      .on(bus.topic('dead', { retry }), () => {
        throw new DeadLetter('never')
      }),
  )
  for (const id of [1, 2]) await bus.publish(`order.${id}`, {})
  await bus.publish('broken', {})
  await bus.publish('dead', {})
  const dead = 'tomodachi.dead_letters'
  await until(async () => (await valuesOf(dead)).reduce((sum, [count]) => sum + count, 0) === 2)
  const of = (topic: string, error?: string) => ({
    'messaging.system.name': 'memory',
    'messaging.operation.name': 'process',
    'messaging.destination.name': topic,
    ...(topic === 'order.*' ? { 'messaging.destination.subscription.name': 'billing' } : {}),
    ...(error ? { 'error.type': error } : {}),
  })
  assert.equal(await valuesOf('messaging.client.consumed.messages'), [
    [2, of('order.*')],
    [2, of('broken')],
    [1, of('dead')],
  ])
  const processed = await valuesOf('messaging.process.duration')
  const byTopic = (topic: string) => processed.filter(([, a]) => a['messaging.destination.name'] === topic)
  assert.equal(byTopic('order.*'), [[2, of('order.*')]])
  assert.equal(byTopic('broken'), [[2, of('broken', 'RangeError')]])
  assert.equal(byTopic('dead'), [[1, of('dead', 'DeadLetter')]])
  const own = (address: string) => {
    return { 'tomodachi.service': 'orders', 'tomodachi.transport': 'memory', 'tomodachi.address': address }
  }
  assert.equal(await valuesOf('tomodachi.retries'), [
    [0, own('order.* in billing')],
    [1, own('broken')],
    [0, own('dead')],
  ])
  assert.equal(
    (await valuesOf(dead)).map(([count]) => count),
    [0, 1, 1],
  )
  await kernel.stop()
})

handlers('publishes are counted and timed, those that fail with their error', async () => {
  const bus = memory()
  const kernel = await start(new Service({ adapters: [telemetry(), bus] }))
  await bus.publish('sent', {})
  await bus.publish('sent', {})
  await failureOf(() => bus.publish('sent', 1n))
  const common = {
    'messaging.system.name': 'memory',
    'messaging.operation.name': 'publish',
    'messaging.destination.name': 'sent',
  }
  const failed = { ...common, 'error.type': 'PAYLOAD_UNBUILDABLE' }
  assert.equal(await valuesOf('messaging.client.sent.messages'), [
    [2, common],
    [1, failed],
  ])
  const type = { 'messaging.operation.type': 'send' }
  assert.equal(await valuesOf('messaging.client.operation.duration'), [
    [2, { ...common, ...type }],
    [1, { ...failed, ...type }],
  ])
  await kernel.stop()
})

handlers('deliveries wait, handlers run, and a late end is counted', async () => {
  const bus = memory()
  const ends = [deferred(), deferred(), deferred()]
  let begun = 0
  const kernel = await start(
    new Service({ adapters: [telemetry()], drainTimeout: 50 }).on(
      bus.topic('work', { queue: 'work' }),
      () => ends[begun++]?.promise,
      { concurrency: 1 },
    ),
  )
  for (const id of [1, 2, 3]) await bus.publish('work', { id })
  await until(async () => (await numberOf('tomodachi.handlers.running')) === 1)
  ends[0]?.resolve()
  await until(() => begun === 2)
  assert.is(await numberOf('tomodachi.handlers.running'), 1)
  assert.is(await numberOf('tomodachi.mailbox.wait'), 1)
  assert.is(await numberOf('tomodachi.late_settlements'), 0)
  const stopping = kernel.stop()
  await until(() => kernel.state === 'stopped')
  assert.is(await stopping, 1)
  assert.is(await numberOf('tomodachi.handlers.running'), 0)
  assert.equal(await valuesOf('tomodachi.drain.duration'), [[1, { 'tomodachi.drain.outcome': 'abandoned' }]])
  assert.ok((await sumOf('tomodachi.drain.duration')) >= 0.05)
  ends[1]?.resolve()
  await until(async () => (await numberOf('tomodachi.late_settlements')) === 1)
})

handlers('the depth of a mailbox and the wait in it', async () => {
  const api = http({ port: 0 })
  const ends = [deferred(), deferred()]
  let begun = 0
  const kernel = await start(
    new Service({ adapters: [telemetry()] }).on(api.get('/'), () => ends[begun++]?.promise as never, {
      concurrency: 1,
    }),
  )
  const asking = [api.inject('/'), api.inject('/')]
  await until(async () => (await numberOf('tomodachi.mailbox.depth')) === 1)
  const before = performance.now()
  ends[0]?.resolve()
  await until(() => begun === 2)
  assert.is(await numberOf('tomodachi.mailbox.depth'), 0)
  ends[1]?.resolve()
  await Promise.all(asking)
  await until(async () => (await numberOf('tomodachi.mailbox.wait')) === 2)
  assert.ok((await sumOf('tomodachi.mailbox.wait')) > 0 && performance.now() > before)
  await kernel.stop()
  assert.equal(await valuesOf('tomodachi.drain.duration'), [[1, { 'tomodachi.drain.outcome': 'finished' }]])
})

handlers('calls of a client are timed', async () => {
  const api = http({ port: 0 })
  const server = await start(
    new Service().on(api.get('/missing'), () => [404, '']).on(api.get('/'), () => ''),
  )
  const other = client(api.url, { retry: { attempts: 1 } })
  const kernel = await start(new Service({ adapters: [telemetry(), other] }))
  await other.get('/')
  await other.get('/missing', { throwOnError: false })
  await server.stop()
  await failureOf(() => other.get('/'))
  const common = {
    'server.address': '127.0.0.1',
    'server.port': Number(new URL(other.url).port),
    'url.scheme': 'http',
    'http.request.method': 'GET',
  }
  assert.equal(await valuesOf('http.client.request.duration'), [
    [1, { ...common, 'http.response.status_code': 200 }],
    [1, { ...common, 'http.response.status_code': 404, 'error.type': '404' }],
    [1, { ...common, 'error.type': 'CALL_FAILED' }],
  ])
  await kernel.stop()
})

handlers('ticks that are late or skipped', async () => {
  const clock = manualClock()
  const timer = schedule({ clock, timezone: 'UTC' })
  const end = deferred()
  const kernel = await start(
    new Service({ adapters: [telemetry()] }).on(timer.every('10s'), () => end.promise),
  )
  await clock.advance(35_000)
  assert.is(await numberOf('tomodachi.tick.lateness'), 1)
  assert.is(await sumOf('tomodachi.tick.lateness'), 0)
  assert.is(await numberOf('tomodachi.ticks.skipped'), 2)
  end.resolve()
  await clock.block(4_900)
  await clock.advance(7_000)
  await until(async () => (await numberOf('tomodachi.tick.lateness')) === 2)
  await kernel.stop()
})

handlers('two kernels add up, a stop takes its levels back, and the next start counts on', async () => {
  const running = async () => {
    const bus = memory()
    const end = deferred()
    const service = new Service({ name: 'twin', adapters: [telemetry()] }).on(
      bus.topic('work', { queue: 'work' }),
      () => end.promise,
    )
    const kernel = await start(service)
    await bus.publish('work', {})
    return { kernel, end, bus, service }
  }
  const [one, two] = [await running(), await running()]
  await until(async () => (await numberOf('tomodachi.handlers.running')) === 2)
  one.end.resolve()
  await one.kernel.stop()
  assert.is(await numberOf('tomodachi.handlers.running'), 1)
  two.end.resolve()
  await two.kernel.stop()
  assert.is(await numberOf('tomodachi.handlers.running'), 0)
  const again = await start(one.service)
  await one.bus.publish('work', {})
  await until(async () => (await numberOf('messaging.process.duration')) === 3)
  await again.stop()
})

handlers('the event loop is watched, and its delay is what somebody has blocked', async () => {
  const kernel = await start(new Service({ adapters: [telemetry()] }))
  await until(async () => (await numberOf('nodejs.eventloop.delay.p50')) !== undefined)
  await until(async () => {
    const end = performance.now() + 120
    while (performance.now() < end);
    return ((await numberOf('nodejs.eventloop.delay.max')) ?? 0) > 0.1
  })
  const utilization = (await numberOf('nodejs.eventloop.utilization')) ?? -1
  assert.ok(utilization >= 0 && utilization <= 1)
  await kernel.stop()
  const names = (await readAll()).map(({ name }) => name)
  assert.ok(names.includes('nodejs.eventloop.delay.p99'))
})

handlers.run()
