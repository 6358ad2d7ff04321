// time limit: 400 s
// node: 24 only
// needs: rabbitmq
// What a broker may do to its clients. It has one of its own, as it kills it.
import { setTimeout as sleep } from 'node:timers/promises'
import { configureLogging, type Kernel, TomodachiError } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ownRabbitmq, type Rabbitmq } from '../brokers/rabbitmq.ts'
import { channelOf, consumer, type Given, publisher, unique, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = suite('faults of the broker')
let broker: Rabbitmq

test.before(async () => {
  broker = (await ownRabbitmq()) as Rabbitmq
  assert.ok(broker, 'RabbitMQ is not installed')
})
// A test that fails between a kill and a start takes none with it.
test.before.each(() => broker.start())
test.after(() => broker.remove())

async function evaluate(expression: string): Promise<string> {
  return broker.control('eval', expression)
}

/** A consumer that notes what it handles, on this broker. */
async function noting(topic: string, options: Parameters<typeof consumer>[2] = {}) {
  const handled: unknown[] = []
  const started = await consumer(
    { url: broker.url, inspectionInterval: 500 },
    topic,
    { queue: topic, ...options },
    ({ data }) => void handled.push(data),
  )
  return { ...started, handled }
}

async function stop(...kernels: readonly Kernel[]): Promise<void> {
  for (const kernel of kernels) assert.is(await kernel.stop(), 0)
}

test('C15 C32 what was confirmed survives two restarts under load', async () => {
  const topic = unique('topic')
  const { handled, kernel } = await noting(topic)
  const { bus, kernel: publishing } = await publisher({ url: broker.url, publishTimeout: 120_000 })
  const total = 2_000
  let next = 0
  const publish = async () => {
    while (next < total) {
      const number = next++
      await bus.publish(topic, number)
      await sleep(2)
    }
  }
  const all = Promise.all(Array.from({ length: 10 }, publish))
  for (const share of [1 / 3, 1 / 2]) {
    await until(() => next > total * share, 'a part is published')
    await broker.kill()
    await until(() => !kernel.ready, 'the loss is noticed')
    await broker.start()
    await until(() => kernel.ready && publishing.ready, 'both are ready again')
  }
  await all
  const missing = () => Array.from({ length: total }, (_, index) => index).filter((n) => !handled.includes(n))
  await until(
    () => new Set(handled).size === total,
    () => `every message is handled; ready: ${kernel.ready}, missing: ${missing()}`,
  )
  await stop(kernel, publishing)
})

test('C29 a stop while the broker is down', async () => {
  const topic = unique('topic')
  const { kernel } = await noting(topic)
  await broker.kill()
  const before = performance.now()
  const stopped = kernel.stop()
  assert.is(await stopped, 0)
  assert.ok(performance.now() - before < 5_000, 'the stop took too long')
  await broker.start()
})

test('C34 C35 a queue that is deleted is declared again, and its consumer attached', async () => {
  const topic = unique('topic')
  const { bus, handled, kernel } = await noting(topic)
  for (const round of [1, 2, 3]) {
    await channelOf((channel) => channel.deleteQueue(topic), broker.url)
    await until(() => !kernel.ready, 'it is not ready while it is not attached')
    await until(() => kernel.ready, 'it is ready again')
    await bus.publish(topic, round, { mandatory: true })
    await until(() => handled.includes(round), 'messages arrive again')
  }
  await stop(kernel)
})

test('C35 a queue that cannot be had is tried again, not too often, until it can', async () => {
  const topic = unique('topic')
  const failures: unknown[] = []
  const log = (_: string, { error }: Record<string, unknown>) => void (error && failures.push(error))
  const ignore = () => {}
  configureLogging({ logger: { debug: ignore, info: ignore, error: log, warn: log } })
  const { bus, handled, kernel } = await noting(topic)
  const before = process.cpuUsage()
  await channelOf(async (channel) => {
    await channel.deleteQueue(topic)
    // Somebody takes the name for a queue of another kind.
    await channel.assertQueue(topic, { durable: false })
  }, broker.url)
  await sleep(3_000)
  assert.not.ok(kernel.ready)
  assert.ok(failures.length > 0, 'nothing was logged')
  assert.ok(failures.length < 20, `${failures.length} attempts in 3 s`)
  assert.ok(process.cpuUsage(before).user < 2_000_000, 'a hot loop')
  await channelOf((channel) => channel.deleteQueue(topic), broker.url)
  await until(() => kernel.ready, 'it is ready again')
  configureLogging({ logger: 'disabled' })
  await bus.publish(topic, 'back')
  await until(() => handled.includes('back'), 'messages arrive again')
  await stop(kernel)
})

test('C33 a channel that the broker closes alone is replaced, and its message handed out again', async () => {
  const topic = unique('topic')
  await evaluate(
    'application:set_env(rabbit, consumer_timeout, 1000), application:set_env(rabbit, channel_tick_interval, 500).',
  )
  const seen: Given[] = []
  const { bus, kernel } = await consumer({ url: broker.url }, topic, { queue: topic }, async (given) => {
    seen.push(given)
    if (seen.length === 1) await new Promise((resolve) => given.signal.addEventListener('abort', resolve))
  })
  await evaluate('application:set_env(rabbit, consumer_timeout, 1800000).')
  await bus.publish(topic, 'slow')
  await until(() => seen.length === 2, 'the message is handed out again')
  assert.ok(seen[0]?.signal.aborted)
  assert.is(seen[1]?.attempt, 1)
  await until(() => kernel.ready, 'it is ready')
  await stop(kernel)
})

test('a consumer that is connected but gets nothing is noticed, and attached again', async () => {
  const topic = unique('topic')
  const { bus, handled, kernel } = await noting(topic)
  await bus.publish(topic, 'before')
  await until(() => handled.includes('before'), 'messages arrive')
  await evaluate(`
    {ok, Q} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, <<"${topic}">>)),
    [gen_server2:call(amqqueue:get_pid(Q), {basic_cancel, element(1, C), element(2, C), undefined, <<"test">>})
      || C <- rabbit_amqqueue:consumers(Q)].`)
  await bus.publish(topic, 'after', { mandatory: true })
  await until(() => handled.includes('after'), 'messages arrive again')
  await until(() => kernel.ready, 'it is ready')
  await stop(kernel)
})

test('C37 while the broker is blocked publishers wait, within bounds, and messages are handled', async () => {
  const topic = unique('topic')
  const { handled, kernel } = await noting(topic)
  const options = { url: broker.url, publishTimeout: 1_500, publishQueue: 3 }
  const { bus, kernel: publishing } = await publisher(options)
  await bus.publish(topic, 'before')
  await broker.control('set_vm_memory_high_watermark', '0.0000001')
  try {
    // A connection is blocked when it publishes.
    const first = await bus.publish(topic, 'first').catch((error) => error)
    assert.is(first.code, 'PUBLISH_TIMEOUT')
    const waiting = [1, 2, 3].map((number) => bus.publish(topic, number).catch((error) => error))
    await sleep(100)
    const fourth = await bus.publish(topic, 4).catch((error) => error)
    assert.is(fourth.code, 'PUBLISH_OVERFLOW')
    for (const error of await Promise.all(waiting)) {
      assert.is(error.code, 'PUBLISH_TIMEOUT')
      assert.match(error.message, 'has blocked publishing')
    }
    assert.ok(kernel.ready)
  } finally {
    await broker.control('set_vm_memory_high_watermark', '0.4')
  }
  await until(
    async () => (await bus.publish(topic, 'after').catch((error) => error)) === undefined,
    'it goes on',
  )
  await until(() => handled.includes('after'), 'messages arrive again')
  await stop(kernel, publishing)
})

test('two connections are enough, and the process lives where there may be but one', async () => {
  await broker.control('add_user', 'limited', 'limited')
  await broker.control('set_permissions', 'limited', '.*', '.*', '.*')
  const login = { login: 'limited', password: 'limited', host: '127.0.0.1', port: broker.port }
  const limit = (most: number) =>
    broker.control('set_user_limits', 'limited', JSON.stringify({ 'max-connections': most }))
  await limit(2)
  const topic = unique('topic')
  const handled: unknown[] = []
  const { bus, kernel } = await consumer(
    login,
    topic,
    { queue: topic },
    ({ data }) => void handled.push(data),
  )
  await bus.publish(topic, 1)
  await until(() => handled.length === 1, 'the message is handled')
  await stop(kernel)
  await limit(1)
  for (const _ of [1, 2, 3]) {
    const outcome = await publisher({ ...login, startTimeout: 500 }).catch((reason) => reason)
    // The broker counts late: it may let two in that come together.
    if (!('kernel' in outcome)) assert.instance(outcome, TomodachiError)
    else await stop(outcome.kernel)
  }
})

test('a login with letters beyond ASCII', async () => {
  await broker.control('add_user', 'användare', 'lösen:ord@/%')
  await broker.control('set_permissions', 'användare', '.*', '.*', '.*')
  await broker.control('add_vhost', 'ett/två')
  await broker.control('set_permissions', '-p', 'ett/två', 'användare', '.*', '.*', '.*')
  const login = { login: 'användare', password: 'lösen:ord@/%', host: '127.0.0.1', port: broker.port }
  for (const virtualhost of ['/', 'ett/två']) {
    const { bus, kernel } = await publisher({ ...login, virtualhost })
    await bus.publish('anything', 1)
    await stop(kernel)
  }
})

test.run()
