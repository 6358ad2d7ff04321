// time limit: 120 s
// node: 24 only
// needs: redis
// What becomes of messages that a process holds.
import { configureLogging } from 'tomodachi'
import * as assert from 'uvu/assert'
import { FaultProxy } from '../chaos/proxy.ts'
import { sideBySide } from '../side-by-side.ts'
import { ask, consumersOf, consuming, scene, until } from './scene.ts'
import { serverUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('leases on Redis')

test('what a dead process held comes to others, as another try, and its consumer goes', async () => {
  const { bus, busOn, publisher, key, close } = await scene()
  const proxy = await FaultProxy.before(serverUrl)
  let isTaken = false
  const dyingBus = busOn(`redis://127.0.0.1:${new URL(proxy.url).port}`)
  const dying = await consuming(dyingBus, 'topic', { queue: 'queue' }, () => {
    isTaken = true
    return new Promise(() => {})
  })
  await publisher.publish('topic', 'held')
  await until(() => isTaken)
  const [dead = ''] = (await consumersOf(key('queue'))).keys()
  proxy.refuse()
  proxy.reset()
  const attempts: number[] = []
  const kernel = await consuming(bus(), 'topic', { queue: 'queue' }, ({ attempt }) => attempts.push(attempt))
  await until(() => attempts.length === 1)
  assert.equal(attempts, [2])
  await until(async () => !(await consumersOf(key('queue'))).has(dead))
  dying.force(1)
  await dyingBus.close()
  await kernel.stop()
  proxy.close()
  await close()
})

test('a handler that takes longer than its lease keeps its message', async () => {
  const { bus, publisher, close } = await scene({ lease: 4_000 })
  let [begun, done] = [0, 0]
  const handler = async () => {
    begun++
    await new Promise((resolve) => setTimeout(resolve, 9_000))
    done++
  }
  const kernels = [1, 2].map(() => consuming(bus(), 'topic', { queue: 'queue' }, handler))
  await Promise.all(kernels)
  await publisher.publish('topic', 'long')
  await until(() => done === 1)
  assert.is(begun, 1)
  for (const kernel of kernels) assert.is(await (await kernel).stop(), 0)
  await close()
})

test('a queue of one instance, and what is delayed in it, lasts while all its handlers are busy', async () => {
  const { bus, publisher, prefix, client, close } = await scene()
  let [isBusy, finish] = [false, () => {}]
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const options = { competing: false, concurrency: 1, retry: { backoff: () => 3_600_000 } }
  const kernel = await consuming(bus(), 'topic', options, async ({ data }) => {
    if (data === 'fails') throw new Error('not yet')
    isBusy = true
    await finished
  })
  for (const data of ['fails', 'stuck']) await publisher.publish('topic', data)
  await until(() => isBusy)
  let keys: string[] = []
  await until(async () => {
    keys = (await client.keys(`${prefix}:*:queue*`)).map(String)
    return keys.length === 2
  })
  for (const key of keys) {
    let left = Number.POSITIVE_INFINITY
    // It only ever grows when it is renewed.
    await until(async () => {
      const [before, now] = [left, await ask<number>('PTTL', key)]
      left = now
      return now > before
    }, `${key} is renewed`)
  }
  finish()
  assert.is(await kernel.stop(), 0)
  await close()
})

test('a message that another has taken over is left alone: its handler is told, and nothing is acked', async () => {
  const { bus, publisher, key, close } = await scene()
  let [lost, finish] = [false, () => {}]
  const finished = new Promise<void>((resolve) => (finish = resolve))
  const kernel = await consuming(bus(), 'topic', { queue: 'queue' }, async ({ signal }) => {
    signal.addEventListener('abort', () => (lost = true))
    await finished
  })
  await publisher.publish('topic', 'wanted')
  const pending = () => ask<[string, string][]>('XPENDING', key('queue'), 'tomodachi', '-', '+', '10')
  await until(async () => (await pending()).length === 1)
  const [[id = '']] = (await pending()) as unknown as [[string]]
  await ask('XCLAIM', key('queue'), 'tomodachi', 'thief', '0', id)
  await until(() => lost)
  finish()
  assert.is(await kernel.stop(), 0)
  assert.equal(
    (await pending()).map(([entry, owner]) => [entry, owner]),
    [[id, 'thief']],
  )
  await close()
})

test('stops that give messages back count as no attempt', async () => {
  const { bus, publisher, key, close } = await scene()
  const gathering = { queue: 'queue', batch: { size: 10, wait: 600_000 } } as object
  await (await consuming(bus(), 'topic', gathering, () => {})).stop()
  await Promise.all([1, 2, 3].map((data) => publisher.publish('topic', data)))
  for (const _ of [1, 2, 3]) {
    const kernel = await consuming(bus(), 'topic', gathering, () => {})
    await until(async () =>
      [...(await consumersOf(key('queue'))).values()].some(({ pending }) => pending === 3),
    )
    await kernel.stop()
  }
  const given: unknown[] = []
  const kernel = await consuming(bus(), 'topic', { queue: 'queue' }, ({ data, attempt }) =>
    given.push([data, attempt]),
  )
  await until(() => given.length === 3)
  assert.equal(given.sort(), [
    [1, 1],
    [2, 1],
    [3, 1],
  ])
  await kernel.stop()
  await close()
})

test('what waits for its key stays in the queue, for others', async () => {
  const { bus, publisher, key, close } = await scene()
  let [isTaken, finish] = [false, () => {}]
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const options = { queue: 'queue', concurrency: 1, orderBy: () => 'the same' }
  const kernel = await consuming(bus(), 'topic', options, () => {
    isTaken = true
    return finished
  })
  await Promise.all([1, 2, 3].map((data) => publisher.publish('topic', data)))
  await until(() => isTaken)
  const held = [...(await consumersOf(key('queue'))).values()].map(({ pending }) => pending)
  assert.is(Math.max(...held), 1)
  finish()
  await kernel.stop()
  await close()
})

test.run()
