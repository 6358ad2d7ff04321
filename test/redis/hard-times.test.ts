// time limit: 180 s
// node: 24 only
// needs: redis
// A server that is full, read-only or emptied, and what strangers write into it. One after the other, on a server of their own.
import { randomBytes } from 'node:crypto'
import { type AddressInfo, createServer } from 'node:net'
import { configureLogging, Kernel, Service } from 'tomodachi'
import { raw } from 'tomodachi/envelopes'
import { redis } from 'tomodachi/redis'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ownRedis, type Redis } from '../brokers/redis.ts'
import { consuming, started, unique, until } from './scene.ts'
import { connected, redisWorld } from './world.ts'

type Fields = Record<string, unknown>

/** What was logged since the test began. */
let logged: [message: string, fields: Fields][] = []
const keep = (message: string, fields: Fields) => void logged.push([message, fields])
configureLogging({ logger: { debug() {}, info: keep, warn: keep, error: keep } })
const isTold = (message: string) => logged.some(([told]) => told.includes(message))

const test = suite('hard times on Redis')
let server: Redis

test.before(async () => {
  const own = await ownRedis('--enable-protected-configs', 'yes', '--repl-diskless-sync-delay', '0')
  if (!own) throw new Error('Redis is not installed')
  server = own
})
test.after(() => server?.remove())
test.before.each(() => {
  logged = []
})

/** A world, a publisher, a consumer of `topic` in `queue`, and what this was given. */
async function stage(handle: (data: unknown) => unknown = () => {}) {
  const world = await redisWorld({ lease: 1_000 }, server.url)
  const seen: unknown[] = []
  const publisher = world.bus()
  const kernels = [await started(publisher)]
  const consume = async () => {
    const kernel = await consuming(world.bus(), 'topic', { queue: 'queue' }, ({ data }) => {
      seen.push(data)
      return handle(data)
    })
    kernels.push(kernel)
    return kernel
  }
  const key = `${world.prefix}:queue:queue`
  const ask = async (...words: string[]) =>
    (await connected(server.url).then(async (client) => {
      try {
        return await client.sendCommand(words, { typeMapping: {} })
      } finally {
        await client.close()
      }
    })) as unknown
  const close = async () => {
    for (const kernel of kernels) await kernel.stop()
    await world.close()
  }
  return { ...world, publisher, consume, seen, key, ask, close }
}

test('memory is full: publishing waits and says so, what is there is handled, and then it goes on', async () => {
  const { publisher, consume, seen, ask, close } = await stage()
  const kernel = await consume()
  await kernel.stop()
  await publisher.publish('topic', 'waits')
  await publisher.publish('topic', 'is delayed', { delay: 1 })
  await ask('CONFIG', 'SET', 'maxmemory', '1')
  const publishing = publisher.publish('topic', 'comes late')
  await until(() => isTold('publishing fails for the time being'))
  assert.match(JSON.stringify(logged), 'OOM command not allowed')
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
  const { publisher, consume, seen, ask, close } = await stage(() => {
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
  const { ask, busOn, close } = await stage()
  await ask('CONFIG', 'SET', 'maxmemory', '1gb')
  await ask('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
  assert.not(isTold('set maxmemory-policy to noeviction'))
  await (await started(busOn(server.url))).stop()
  assert.ok(isTold('set maxmemory-policy to noeviction'))
  await ask('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
  await ask('CONFIG', 'SET', 'maxmemory', '0')
  await close()
})

test('the disk is full: publishing waits and says so', async () => {
  const { publisher, ask, close } = await stage()
  const [, folder = ''] = (await ask('CONFIG', 'GET', 'dir')) as string[]
  await ask('CONFIG', 'SET', 'appendonly', 'no', 'save', '3600 1000000', 'dir', '/proc')
  await ask('BGSAVE')
  await until(async () => String(await ask('INFO', 'persistence')).includes('rdb_last_bgsave_status:err'))
  const publishing = publisher.publish('topic', 'comes late')
  await until(() => isTold('publishing fails for the time being'))
  assert.match(JSON.stringify(logged), 'MISCONF')
  await ask('CONFIG', 'SET', 'dir', folder, 'save', '')
  await publishing
  await close()
})

test('a primary that becomes a replica counts as lost, and messages go on when there is a primary again', async () => {
  const { publisher, consume, seen, ask, close } = await stage()
  const kernel = await consume()
  await ask('REPLICAOF', '127.0.0.1', '1')
  const publishing = publisher.publish('topic', 'after the failover')
  await until(() => isTold('connection lost, will connect'))
  await until(() => !kernel.ready)
  assert.match(JSON.stringify(logged), 'READONLY')
  await ask('REPLICAOF', 'NO', 'ONE')
  await publishing
  await until(() => seen.length === 1 && kernel.ready)
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
    const { publisher, consume, seen, key, ask, close } = await stage()
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

test('what strangers write into a queue is read as well as it can be or set aside, and stops nothing', async () => {
  const { bus, publisher, consume, key, ask, close } = await stage()
  await (await consume()).stop()
  const write = (...words: string[]) => ask('XADD', key, '*', ...words)
  for (const attempt of ['foo', '-1', '0', '1e9', '1.5', 'Infinity', ''])
    await write('attempt', attempt, 'payload', attempt)
  const bytes = '{"a":{"type":"Buffer","data":{"length":1000000000}}}'
  for (const headers of ['[]', 'null', '5', '"text"', 'not JSON'])
    await write('headers', headers, 'payload', '')
  await write('headers', bytes, 'payload', '')
  await write('wake', '1', 'payload', '')
  await ask('ZADD', `${key}:delayed`, '1', 'not packed')
  for (const words of [
    ['foo', 'bar'],
    ['wake', '2'],
    ['wake', '1', 'wake', '1'],
  ])
    await write(...words)
  const given: { data: unknown; attempt: number; headers: object }[] = []
  const reader = bus()
  const kernel = await started(reader, (service) =>
    service.on(
      reader.topic('topic', { queue: 'queue', envelope: raw() }),
      (message) => void given.push(message),
    ),
  )
  await publisher.publish('topic', 'ours', { envelope: raw() })
  await until(() => given.length === 16)
  assert.equal([...new Set(given.map(({ attempt }) => attempt))], [1])
  assert.equal([...new Set(given.map(({ headers }) => JSON.stringify(headers)))].sort(), ['{}', bytes].sort())
  assert.ok(given.some(({ data }) => String(data) === 'not packed'))
  await until(async () => (await ask('XLEN', key.replace('queue:queue', 'queue.dead:queue'))) === 3)
  assert.is(await ask('XLEN', key), 0)
  await kernel.stop()
  await close()
})

test('a message that is too long for the server is refused before it is sent, and its neighbours are not', async () => {
  const { busOn, consume, seen, ask, close } = await stage()
  await ask('CONFIG', 'SET', 'proto-max-bulk-len', '1mb')
  await consume()
  const bus = busOn(server.url)
  const kernel = await started(bus)
  const long = randomBytes(900_000).toString('hex')
  const outcomes = await Promise.allSettled([1, long, 2].map((data) => bus.publish('topic', data)))
  const inHeaders = await bus.publish('topic', 3, { headers: { long } }).catch((error) => error)
  assert.equal(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  const [, refused] = outcomes as PromiseRejectedResult[]
  assert.equal([refused?.reason.code, inHeaders.code], ['MESSAGE_TOO_LARGE', 'MESSAGE_TOO_LARGE'])
  await until(() => seen.length === 2)
  assert.not(isTold('connection lost'))
  await kernel.stop()
  await ask('CONFIG', 'SET', 'proto-max-bulk-len', '512mb')
  await close()
})

test('a consumer that never comes back leaves the group', async () => {
  const { consume, key, ask, close } = await stage()
  await consume()
  for (let number = 0; number < 50; number++)
    await ask('XGROUP', 'CREATECONSUMER', key, 'tomodachi', `dead-${number}`)
  const consumers = async () => JSON.stringify(await ask('XINFO', 'CONSUMERS', key, 'tomodachi'))
  await until(async () => !(await consumers()).includes('dead-'))
  await close()
})

test('a login that may not do what the bus needs is told what, and leaves no connection open', async () => {
  const { ask, close } = await stage()
  const open = async () => (String(await ask('CLIENT', 'LIST')).match(/user=shop/g) ?? []).length
  for (const command of ['evalsha', 'client|id', 'xadd', 'info', 'config']) {
    await ask('ACL', 'SETUSER', 'shop', 'reset', 'on', '>secret', '~*', '+@all', `-${command}`)
    const url = server.url.replace('//', '//shop:secret@')
    const bus = redis({ url, prefix: unique('acl') })
    const kernel = new Kernel([new Service().on(bus.topic('topic', { queue: 'queue' }), () => {})], {
      ownsProcess: false,
    })
    const outcome = await kernel
      .start()
      .then(() => bus.publish('topic', 1))
      .catch((error) => error)
    if (/info|config/.test(command)) assert.is(outcome, undefined)
    else
      assert.match(
        `${outcome.code} ${outcome.message}`,
        command === 'xadd'
          ? /PUBLISH_REFUSED.*can't run this command/
          : new RegExp(`BROKER_REFUSED.*'${command}'`),
      )
    await kernel.stop()
    await until(async () => (await open()) === 0)
  }
  await close()
})

for (const [facts, reason] of [
  ['redis_mode:cluster', 'it belongs to a Redis Cluster; use a single server, or a primary with replicas'],
  ['redis_mode:sentinel', 'it is a Sentinel; give the address of the primary, or of a proxy that knows it'],
  ['redis_version:6.2.14', 'it is Redis 6.2.14; use 7.0 or newer'],
] as const)
  test(`${facts} is refused at once, in a sentence`, async () => {
    const fake = createServer((socket) =>
      socket.on('data', (data) => {
        const isInfo = data.includes('$4\r\nINFO\r\n')
        const commands = String(data).match(/^\*\d/gm) ?? []
        socket.write(isInfo ? `$${facts.length}\r\n${facts}\r\n` : '+OK\r\n'.repeat(commands.length))
      }),
    ).listen(0)
    const { port } = fake.address() as AddressInfo
    const bus = redis({ port, startTimeout: '1h' })
    const service = new Service({ adapters: [bus] })
    const error = await new Kernel([service], { ownsProcess: false }).start().catch((failure) => failure)
    assert.is(error.code, 'SERVER_UNSUPPORTED')
    assert.is(error.message, `the server at 127.0.0.1:${port} cannot carry this bus: ${reason}`)
    fake.close()
  })

test.run()
