// time limit: 60 s
import { setTimeout as sleep } from 'node:timers/promises'
import { Service } from 'tomodachi'
import { type Http, type HttpOptions, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { RawClient, requestText } from '../raw-client.ts'
import { ask, errorsIn, logged, portOf, serve, stopAll, until } from '../serving.ts'

const slow = suite('http slow clients')

const stray: unknown[] = []
const note = (error: unknown) => stray.push(error)
slow.before(() => {
  process.on('unhandledRejection', note).on('uncaughtException', note)
})
slow.after.each(async () => {
  await stopAll()
  assert.equal(stray.splice(0), [])
})

let handled: string[] = []

async function serving(options: HttpOptions): Promise<Http> {
  handled = []
  const api = http({ port: 0, ...options })
  await serve(
    new Service()
      .on(api.get('/'), () => void handled.push('get'))
      .on(api.post('/'), async ({ request }) => {
        handled.push('post')
        const text = await request.text().catch((error) => error.code)
        handled.push(text)
        return text
      })
      .on(api.post('/json', { body: z.unknown() }), () => void handled.push('json'))
      .on(api.post('/early'), () => 'early')
      .on(api.post('/stream'), async function* ({ request }) {
        yield 'begun '
        yield await request.text().catch((error) => error.code)
      })
      .on(api.get('/slow'), async () => {
        handled.push('slow')
        await sleep(600)
        return 'slow'
      }),
  )
  return api
}

/** Sends a byte every 20 ms, until the connection ends. */
async function drip(client: RawClient, bytes: string): Promise<void> {
  let ended = false
  void client.closed.then(() => {
    ended = true
  })
  for (let index = 0; !ended; index = (index + 1) % bytes.length) {
    client.send(bytes[index] as string)
    await sleep(20)
  }
}

const head = 'POST / HTTP/1.1\r\nHost: x\r\n'

for (const [name, bytes] of [
  ['a head byte by byte', 'a'],
  ['a head field by field', 'X-A: b\r\n'],
] as const) {
  slow(`${name} is answered with 408 when headersTimeout has passed`, async () => {
    const api = await serving({ headersTimeout: 400 })
    const client = await RawClient.connect(portOf(api))
    client.send('GET / HTTP/1.1\r\nHost: x\r\n')
    void drip(client, bytes)
    const response = await client.response()
    assert.equal([response.status, response.header('connection')], [408, 'close'])
    await client.closed
    assert.equal(handled, [])
  })
}

for (const [name, bytes] of [
  ['nothing', ''],
  ['an empty line', '\r\n'],
  ['half a request line', 'GET / HT'],
  ['half a head', 'GET / HTTP/1.1\r\nHost: x\r\nX'],
] as const) {
  slow(`a new connection that brings ${name}: 408`, async () => {
    const api = await serving({ headersTimeout: '300ms' })
    const client = await RawClient.connect(portOf(api))
    client.send(bytes)
    assert.is((await client.response()).status, 408)
    await client.closed
  })
}

slow('the head of a later request has its own time', async () => {
  const api = await serving({ headersTimeout: 400 })
  const client = await RawClient.connect(portOf(api))
  for (let round = 0; round < 3; round++) {
    assert.is((await client.send(requestText('GET', '/')).response()).status, 200)
    await sleep(300)
  }
  client.send('GET / HTTP')
  assert.is((await client.response()).status, 408)
  await client.closed
})

for (const [path, body] of [
  ['/', 'Content-Length: 1000\r\n\r\n'],
  ['/', 'Transfer-Encoding: chunked\r\n\r\n'],
  ['/json', 'Content-Length: 1000\r\n\r\n'],
] as const) {
  slow(`a body byte by byte to ${path} (${body.trim()}): 408 when requestTimeout has passed`, async () => {
    const records = logged()
    const api = await serving({ requestTimeout: 400 })
    const client = await RawClient.connect(portOf(api))
    client.send(head.replace('/', path) + body)
    void drip(client, body.startsWith('T') ? '1\r\na\r\n' : 'a')
    const response = await client.response()
    assert.equal([response.status, response.header('connection')], [408, 'close'])
    await client.closed
    await until(() => path === '/json' || handled.length === 2)
    assert.equal(handled, path === '/json' ? [] : ['post', 'BODY_UNREADABLE'])
    assert.equal(errorsIn(records), [])
  })
}

slow('no 408 stands within an answer that has begun, nor counts as one that was given', async () => {
  const api = await serving({ requestTimeout: 400 })
  const begun = await RawClient.connect(portOf(api))
  begun.send(`${head.replace('/', '/stream')}Content-Length: 10\r\n\r\nhalf`)
  await begun.closed
  assert.match(begun.received.toString(), /begun/)
  assert.not.match(begun.received.toString(), '408')
  assert.is((await ask(api, 'GET', '/')).status, 200)
})

slow('a handler may take longer than any request', async () => {
  const api = await serving({ headersTimeout: 200, requestTimeout: 300 })
  assert.is((await ask(api, 'GET', '/slow')).text, 'slow')
})

for (const [name, behind] of [
  ['is no HTTP', 'garbage\r\n\r\n'],
  ['comes too slowly', 'GET / HTTP'],
] as const) {
  slow(`what ${name} behind a request takes no answer away from it`, async () => {
    const api = await serving({ headersTimeout: 200 })
    const client = await RawClient.connect(portOf(api))
    client.send(Buffer.concat([requestText('GET', '/slow'), Buffer.from(behind)]))
    const response = await client.response()
    assert.equal([response.text, response.header('connection')], ['slow', 'close'])
    await client.closed
    assert.is(client.received.length, 0)
  })
}

slow('0 is no limit', async () => {
  const api = await serving({ headersTimeout: 0, requestTimeout: Number.POSITIVE_INFINITY })
  const client = await RawClient.connect(portOf(api))
  client.send('GET / HTTP/1.1\r\nHo')
  await sleep(1_500)
  assert.is((await client.send('st: x\r\n\r\n').response()).status, 200)
  client.destroy()
})

slow('Expect: 100-continue gets 100 first, or 413 alone when the body is too large', async () => {
  const api = await serving({ clientMaxSize: 10 })
  const client = await RawClient.connect(portOf(api))
  client.send(`${head}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`)
  await until(() => client.received.length > 0)
  assert.is(client.received.toString(), 'HTTP/1.1 100 Continue\r\n\r\n')
  assert.is((await client.send('hello').response()).text, 'hello')
  client.send(`${head}Expect: 100-continue\r\nContent-Length: 11\r\n\r\n`)
  await client.more()
  assert.match(client.received.toString(), /^HTTP\/1\.1 413 Payload Too Large\r\n/)
  assert.is((await client.response()).header('connection'), 'close')
  await client.closed
  assert.equal(handled, ['post', 'hello'])
})

slow('GET with too large a body is refused at once', async () => {
  const api = await serving({ clientMaxSize: 10 })
  const response = await ask(api, 'GET', '/', { 'Content-Length': '11' })
  assert.is(response.status, 413)
  assert.equal(handled, [])
})

slow('maxConnections: one above is closed at once, and it is said once', async () => {
  const records = logged()
  const api = await serving({ maxConnections: 2 })
  const [first, second] = [await RawClient.connect(portOf(api)), await RawClient.connect(portOf(api))]
  for (let round = 0; round < 3; round++) {
    const third = await RawClient.connect(portOf(api))
    await third.closed
    assert.is(third.received.length, 0)
  }
  assert.equal(
    records.filter(({ level }) => level === 'warning').map(({ message, fields }) => [message, fields]),
    [['connections were refused', { reason: 'maxConnections is reached', dropped: 1 }]],
  )
  assert.is((await second.send(requestText('GET', '/')).response()).status, 200)
  first.destroy()
  await first.closed
  await until(() => first.socket.destroyed)
  await sleep(50)
  assert.is((await ask(api, 'GET', '/')).status, 200)
  second.destroy()
})

slow.run()
