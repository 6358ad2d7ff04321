// time limit: 180 s
// node: 24 only
// needs: redis
// A server that is full, read-only or emptied. One after the other, on a server of their own.
import { redis } from 'tomodachi/redis'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { consuming, started, unique, until } from './scene.ts'
import { logging, serverOf, stage } from './stage.ts'

const { isTold, text, clear } = logging()
const test = suite('hard times on Redis')
const server = serverOf(test, '--enable-protected-configs', 'yes')

test.before.each(clear)

test('memory is full: publishing waits and says so, what is there is handled, and then it goes on', async () => {
  const { publisher, consume, seen, ask, close } = await stage(server())
  const kernel = await consume()
  await kernel.stop()
  await publisher.publish('topic', 'waits')
  await publisher.publish('topic', 'is delayed', { delay: 1 })
  await ask('CONFIG', 'SET', 'maxmemory', '1')
  const publishing = publisher.publish('topic', 'comes late')
  await until(() => isTold('publishing fails for the time being'))
  assert.match(text(), 'OOM command not allowed')
  await consume()
  await until(() => seen.length === 2)
  assert.equal([...seen].sort(), ['is delayed', 'waits'])
  await ask('CONFIG', 'SET', 'maxmemory', '0')
  await publishing
  await until(() => seen.length === 3)
  assert.ok(isTold('messages are published again'))
  await close()
})

test('memory is full: what fails is not lost', async () => {
  let isFull = true
  const { publisher, consume, seen, ask, close } = await stage(server(), () => {
    if (isFull) throw new Error('not yet')
  })
  await consume()
  await publisher.publish('topic', 'fails')
  await until(() => seen.length === 1)
  await ask('CONFIG', 'SET', 'maxmemory', '1')
  await until(() => seen.length >= 2)
  isFull = false
  await ask('CONFIG', 'SET', 'maxmemory', '0')
  const before = seen.length
  await until(() => seen.length > before)
  await close()
})

test('a server that deletes keys when its memory is full is warned of', async () => {
  const { ask, busOn, close } = await stage(server())
  await ask('CONFIG', 'SET', 'maxmemory', '1gb')
  await ask('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
  assert.not(isTold('set maxmemory-policy to noeviction'))
  await (await started(busOn(server().url))).stop()
  assert.ok(isTold('set maxmemory-policy to noeviction'))
  await ask('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
  await ask('CONFIG', 'SET', 'maxmemory', '0')
  await close()
})

test('the disk is full: publishing waits and says so', async () => {
  const { publisher, ask, close } = await stage(server())
  const [, folder = ''] = (await ask('CONFIG', 'GET', 'dir')) as string[]
  await ask('CONFIG', 'SET', 'appendonly', 'no', 'save', '3600 1000000', 'dir', '/proc')
  await ask('BGSAVE')
  await until(async () => String(await ask('INFO', 'persistence')).includes('rdb_last_bgsave_status:err'))
  const publishing = publisher.publish('topic', 'comes late')
  await until(() => isTold('publishing fails for the time being'))
  assert.match(text(), 'MISCONF')
  await ask('CONFIG', 'SET', 'dir', folder, 'save', '')
  await publishing
  await close()
})

test('a primary that becomes a replica counts as lost, and messages go on when there is a primary again', async () => {
  const { publisher, consume, seen, ask, close } = await stage(server())
  const kernel = await consume()
  await ask('REPLICAOF', '127.0.0.1', '1')
  const publishing = publisher.publish('topic', 'after the failover')
  await until(() => isTold('connection lost, will connect'))
  await until(() => !kernel.ready)
  assert.match(text(), 'READONLY')
  await ask('REPLICAOF', 'NO', 'ONE')
  await publishing
  await until(() => seen.length === 1 && kernel.ready)
  await close()
})

test('a consumer that nobody publishes to notices too that its server has become a replica', async () => {
  const { consume, ask, close } = await stage(server())
  const kernel = await consume()
  await ask('REPLICAOF', '127.0.0.1', '1')
  await until(() => isTold('connection lost, will connect'))
  assert.match(text(), 'READONLY')
  await ask('REPLICAOF', 'NO', 'ONE')
  await until(() => kernel.ready)
  await close()
})

for (const [what, words] of [
  ['everything', () => ['FLUSHALL']],
  ['the stream', (key: string) => ['DEL', key]],
  ['the group', (key: string) => ['XGROUP', 'DESTROY', key, 'tomodachi']],
  ['the binding', (key: string) => ['DEL', key.replace(/queue:queue$/, 'bindings')]],
  [
    'the routes and the binding',
    (key: string) => ['DEL', ...['routes', 'bindings'].map((name) => key.replace(/queue:queue$/, name))],
  ],
] as const)
  test(`somebody deletes ${what} while it is used: what is published then arrives`, async () => {
    const { publisher, consume, seen, key, ask, close } = await stage(server())
    const kernel = await consume()
    await publisher.publish('topic', 'before')
    await until(() => seen.length === 1)
    await ask(...words(key))
    await until(async () => {
      const [stream, bindings] = [
        await ask('EXISTS', key),
        await ask('SCARD', key.replace(/queue:queue$/, 'bindings')),
      ]
      return stream === 1 && bindings === 1 && kernel.ready
    })
    await publisher.publish('topic', 'after')
    await until(() => seen.includes('after'))
    await close()
  })

test('a password that is changed while a bus runs: it says so, goes on trying, and comes back with the right one', async () => {
  const { ask, close } = await stage(server())
  await ask('ACL', 'SETUSER', 'shop', 'on', '>first', '~*', '&*', '+@all')
  const bus = redis({ url: server().url.replace('//', '//shop:first@'), prefix: unique('password') })
  const seen: unknown[] = []
  const kernel = await consuming(bus, 'topic', { queue: 'queue' }, ({ data }) => seen.push(data))
  assert.equal(bus.problems, [])
  await ask('ACL', 'SETUSER', 'shop', 'resetpass', '>second')
  await ask('CLIENT', 'KILL', 'USER', 'shop')
  await until(() => bus.problems?.some(({ reason }) => /refused the login/.test(reason)) === true)
  assert.not.ok(bus.ready || kernel.ready)
  assert.equal(kernel.problems.length, 1)
  assert.not.match(JSON.stringify(kernel.problems) + text(), 'first')
  const publishing = bus.publish('topic', 'waits')
  await ask('ACL', 'SETUSER', 'shop', 'resetpass', '>first')
  await publishing
  await until(() => seen.length === 1 && kernel.ready)
  assert.equal(bus.problems, [])
  assert.is(await kernel.stop(), 0)
  await close()
})

test.run()
