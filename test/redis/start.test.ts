// time limit: 120 s
// node: 24 only
// needs: redis
// What a service does that cannot start, and how its server is reached.
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { inspect } from 'node:util'
import { configureLogging, Kernel, Service, TomodachiError } from 'tomodachi'
import { type RedisOptions, redis } from 'tomodachi/redis'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ownRedis, type Redis } from '../brokers/redis.ts'
import { FaultProxy } from '../chaos/proxy.ts'
import { consuming, started, unique, until } from './scene.ts'
import { redisWorld, serverUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('starting on Redis')
const { hostname, port: serverPort } = new URL(serverUrl)
let locked: Redis

test.before(async () => {
  const own = await ownRedis('--requirepass', 'secret', '--user', 'shop', 'on', '>secret', '~*', '+@all')
  if (!own) throw new Error('Redis is not installed')
  locked = own
})
test.after(() => locked?.remove())

async function failure(options: RedisOptions) {
  const before = performance.now()
  const bus = redis(options)
  const service = new Service().on(bus.topic(unique('topic')), () => {})
  const kernel = new Kernel([service], { ownsProcess: false })
  const logs: unknown[] = []
  const keep = (...record: readonly unknown[]) => void logs.push(record)
  configureLogging({ logger: { debug: keep, info: keep, warn: keep, error: keep }, level: 'debug' })
  const error: unknown = await kernel.start().catch((reason) => reason)
  assert.ok(performance.now() - before < 30_000, 'it took too long')
  assert.instance(error, TomodachiError)
  assert.is(await kernel.stopped, 1)
  const { message, stack, cause } = error as TomodachiError
  configureLogging({ logger: 'disabled' })
  assert.ok(logs.length > 0, 'nothing is logged')
  const told = [message, stack, error, cause, logs].map((each) => inspect(each, { depth: 10 }))
  assert.not.match(told.join('\n'), 'secret', 'the password is shown')
  return error as TomodachiError
}

test('C39 a wrong password, and none', async () => {
  for (const password of ['secret-and-wrong', undefined]) {
    const error = await failure({ port: locked.port, ...(password && { password }) })
    assert.is(error.code, 'BROKER_LOGIN_REFUSED')
    assert.match(error.message, `127.0.0.1:${locked.port} refused the login`)
  }
})

test('C39 a password that nobody asks for', async () => {
  assert.is((await failure({ url: serverUrl.replace('//', '//:secret@') })).code, 'BROKER_LOGIN_REFUSED')
})

test('a login by options and by URL', async () => {
  const { port, url } = locked
  for (const options of [
    { port, password: 'secret' },
    { port, username: 'shop', password: 'secret', database: 3 },
    { url: `${url.replace('//', '//shop:secret@')}/3` },
  ]) {
    const bus = redis(options)
    const kernel = await started(bus)
    await bus.publish('anything', 1)
    assert.is(await kernel.stop(), 0)
  }
})

test('C39 a database that does not exist', async () => {
  const error = await failure({ url: serverUrl, database: 99_999 })
  assert.is(error.code, 'BROKER_REFUSED')
  assert.match(error.message, 'DB index is out of range')
})

test('C39 a port on which nobody listens', async () => {
  const error = await failure({ port: 1, password: 'secret', startTimeout: 500 })
  assert.is(error.code, 'BROKER_UNREACHABLE')
  assert.match(error.message, 'cannot connect to the broker at 127.0.0.1:1: connect ECONNREFUSED')
})

test('C39 a host that is none', async () => {
  const error = await failure({ host: 'nowhere.invalid', startTimeout: 500 })
  assert.is(error.code, 'BROKER_UNREACHABLE')
  assert.match(error.message, /nowhere\.invalid:6379: .*(ENOTFOUND|EAI_AGAIN)/)
})

test('C39 a host that speaks something else', async () => {
  const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0)
  const { port } = server.address() as AddressInfo
  assert.is((await failure({ port, startTimeout: 500 })).code, 'BROKER_UNREACHABLE')
  server.close()
})

test('a host that never answers does not hold up a stop', async () => {
  const server = createServer(() => {}).listen(0)
  const { port } = server.address() as AddressInfo
  const bus = redis({ port })
  const kernel = new Kernel([new Service().on(bus.topic('any'), () => {})], { ownsProcess: false })
  const starting = kernel.start().catch((error) => error)
  await until(() => new Promise((resolve) => server.getConnections((_, count) => resolve(count > 0))))
  await kernel.stop()
  assert.is((await starting).code, 'STOPPED_WHILE_STARTING')
  server.close()
})

test('it waits for a server that comes late', async () => {
  const proxy = await FaultProxy.before(serverUrl)
  proxy.refuse()
  setTimeout(() => proxy.listen(), 700)
  const kernel = await started(redis({ port: Number(new URL(proxy.url).port) }))
  assert.is(await kernel.stop(), 0)
  proxy.close()
})

test('messages go over TLS where the authority is known, and nowhere else', async () => {
  const file = (name: string) =>
    readFileSync(new URL(`../fixtures/tls/localhost.${name}.pem`, import.meta.url))
  const [key, cert] = [file('key'), file('cert')]
  const server = createTlsServer({ key, cert }, (secured) => {
    const plain = connect(Number(serverPort || 6_379), hostname)
    secured.pipe(plain).pipe(secured)
    secured.on('error', () => plain.destroy()).on('close', () => plain.destroy())
    plain.on('error', () => secured.destroy()).on('close', () => secured.destroy())
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const { prefix, close } = await redisWorld()
  for (const address of [{ port }, { url: `rediss://127.0.0.1:${port}` }]) {
    const handled: unknown[] = []
    const bus = redis({ ...address, tls: { ca: cert }, prefix })
    const kernel = await consuming(bus, 'topic', { queue: 'queue' }, ({ data }) => handled.push(data))
    await bus.publish('topic', 'safely')
    await until(() => handled.length === 1)
    assert.is(await kernel.stop(), 0)
  }
  const error = await failure({ port, tls: true, startTimeout: 300 })
  assert.is(error.code, 'BROKER_UNREACHABLE')
  assert.match(error.message, 'self-signed certificate')
  await close()
  server.close()
})

test.run()
