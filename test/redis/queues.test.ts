// time limit: 180 s
// node: 24 only
// needs: redis
// How queues are made, and what becomes of them.
import { configureLogging, Kernel, Service } from 'tomodachi'
import { redis } from 'tomodachi/redis'
import * as assert from 'uvu/assert'
import { FaultProxy } from '../chaos/proxy.ts'
import { sideBySide } from '../side-by-side.ts'
import { ask, consuming, scene, until } from './scene.ts'
import { serverUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('queues of Redis')

test('a queue that somebody deletes is made again', async () => {
  const { bus, publisher, key, close } = await scene()
  const seen: unknown[] = []
  const kernel = await consuming(bus(), 'topic', { queue: 'queue' }, ({ data }) => seen.push(data))
  await ask('DEL', key('queue'))
  await until(async () => (await ask<number>('EXISTS', key('queue'))) === 1)
  await publisher.publish('topic', 'after')
  await until(() => seen.length === 1)
  await kernel.stop()
  await close()
})

test('where nothing is declared, what exists is used, and what is missing is an error', async () => {
  const { bus, publisher, prefix, close } = await scene()
  const undeclared = () => redis({ url: serverUrl, prefix, declare: false })
  const missing = undeclared()
  const service = new Service().on(missing.topic('topic', { queue: 'queue' }), () => {})
  const error = await new Kernel([service], { ownsProcess: false }).start().catch((reason) => reason)
  assert.is(error.code, 'BROKER_OBJECT_MISSING')
  assert.match(
    error.message,
    /the queue "queue" does not exist .* without declare: false the bus creates it$/,
  )

  await (await consuming(bus(), 'topic', { queue: 'queue' }, () => {})).stop()
  const seen: unknown[] = []
  // Another topic, which is not bound.
  const kernel = await consuming(undeclared(), 'other', { queue: 'queue' }, ({ data }) => seen.push(data))
  await publisher.publish('other', 1)
  await publisher.publish('topic', 2)
  await until(() => seen.length === 1)
  assert.equal(seen, [2])
  await kernel.stop()
  await close()
})

test('a queue of one instance goes with it, and expires where the instance has died', async () => {
  const { bus, busOn, publisher, prefix, client, close } = await scene()
  const keys = async () => (await client.keys(`${prefix}:*:queue`)).map(String)
  const seen: unknown[] = []
  const kernel = await consuming(bus(), 'topic', { competing: false }, ({ data }) => seen.push(data))
  const [stream = ''] = await keys()
  assert.ok((await ask<number>('PTTL', stream)) > 0, 'it would stay for ever')
  await publisher.publish('topic', 1)
  await until(() => seen.length === 1)
  await kernel.stop()
  assert.equal(await keys(), [])

  const proxy = await FaultProxy.before(serverUrl)
  const at = `redis://127.0.0.1:${new URL(proxy.url).port}`
  const dying = await consuming(
    busOn(at),
    'topic',
    { competing: false, retry: { backoff: () => 3_600_000 } },
    () => {
      throw new Error('not yet')
    },
  )
  await publisher.publish('topic', 2)
  const delayed = async () => (await client.keys(`${prefix}:*:queue:delayed`)).map(String)
  await until(async () => (await delayed()).length === 1)
  proxy.refuse()
  proxy.reset()
  for (const key of [...(await keys()), ...(await delayed())])
    assert.ok((await ask<number>('PTTL', key)) > 0, `${key} would stay for ever`)
  await dying.stop()
  proxy.close()
  await close()
})

test.run()
