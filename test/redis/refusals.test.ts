// time limit: 120 s
// node: 24 only
// needs: redis
// What strangers write, what a server does not take or allow, and servers that are of no use.
import { randomBytes } from 'node:crypto'
import { type AddressInfo, createServer } from 'node:net'
import { Kernel, Service } from 'tomodachi'
import { raw } from 'tomodachi/envelopes'
import { redis } from 'tomodachi/redis'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { started, unique, until } from './scene.ts'
import { logging, serverOf, stage } from './stage.ts'

const { isTold, clear } = logging()
const test = suite('refusals on Redis')
const server = serverOf(test)

test.before.each(clear)

test('what strangers write into a queue is read as well as it can be or set aside, and stops nothing', async () => {
  const { bus, publisher, consume, key, ask, close } = await stage(server())
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

test('an entry of a stranger with more fields than a script can hand on is set aside or tried again', async () => {
  const { bus, key, ask, consume, close } = await stage(server())
  await (await consume()).stop()
  const fields = Array.from({ length: 10_000 }, (_, at) => `${at}`)
  await ask('XADD', key, '*', ...fields)
  await ask('XADD', key, '*', 'payload', 'theirs', ...fields)
  const attempts: number[] = []
  const reader = bus()
  const kernel = await started(reader, (service) =>
    service.on(
      reader.topic('topic', { queue: 'queue', envelope: raw(), retry: { attempts: 2, backoff: () => 0 } }),
      ({ attempt }) => {
        attempts.push(attempt)
        throw new Error('not this one')
      },
    ),
  )
  await until(async () => (await ask('XLEN', key.replace('queue:queue', 'queue.dead:queue'))) === 2)
  assert.equal(attempts, [1, 2])
  assert.is(await ask('XLEN', key), 0)
  await kernel.stop()
  await close()
})

test('a message that is too long for the server is refused before it is sent, and its neighbours are not', async () => {
  const { busOn, consume, seen, ask, close } = await stage(server())
  await ask('CONFIG', 'SET', 'proto-max-bulk-len', '1mb')
  await consume()
  const bus = busOn(server().url)
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
  const { consume, key, ask, close } = await stage(server())
  await consume()
  for (let number = 0; number < 50; number++)
    await ask('XGROUP', 'CREATECONSUMER', key, 'tomodachi', `dead-${number}`)
  const consumers = async () => JSON.stringify(await ask('XINFO', 'CONSUMERS', key, 'tomodachi'))
  await until(async () => !(await consumers()).includes('dead-'))
  await close()
})

test('a login that may not do what the bus needs is told what, and leaves no connection open', async () => {
  const { ask, close } = await stage(server())
  const open = async () => (String(await ask('CLIENT', 'LIST')).match(/user=shop/g) ?? []).length
  for (const command of ['evalsha', 'client|id', 'xadd', 'info', 'config']) {
    await ask('ACL', 'SETUSER', 'shop', 'reset', 'on', '>secret', '~*', '+@all', `-${command}`)
    const url = server().url.replace('//', '//shop:secret@')
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
