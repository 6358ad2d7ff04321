import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:tls'
import { Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { type WebsocketOptions, websocket } from 'tomodachi/websocket'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RawClient, requestText } from '../http/raw-client.ts'
import { accessLines, ask, failureOf, logged, serve, stopAll, until } from '../http/serving.ts'
import { Client, clientFrame, dropClients, handshakeFields } from './client.ts'

const handshake = suite('websocket handshake')
handshake.after.each(async () => {
  dropClients()
  await stopAll()
})

async function serving(options: WebsocketOptions = {}) {
  const api = http({ port: 0 })
  const ws = websocket(api, options)
  await serve(
    new Service()
      .on(ws.path('/chat/:room'), ({ socket, params }) => socket.send(`${params.room} ${socket.protocol}`))
      .on(ws.path(/\/live\/(?<id>\d+)/), ({ socket, params }) => socket.send(`live ${params.id}`))
      .on(api.get('/page'), () => 'page')
      .on(api.post('/chat/:room'), () => 'posted'),
  )
  return api
}

handshake('the answer has what RFC 6455 asks for, and no more', async () => {
  const api = await serving()
  const client = await Client.open(api, '/chat/a')
  assert.equal(await client.messages(1), ['a '])
  assert.equal([client.socket.protocol, client.socket.extensions], ['', ''])
})

handshake('paths are those of routes: patterns, expressions, the first that matches', async () => {
  const api = await serving()
  assert.equal(await (await Client.open(api, '/live/17?x=/')).messages(1), ['live 17'])
  for (const path of ['/live/x', '/chat', '/chat/a/b', '/'])
    assert.is((await failureOf(() => Client.open(api, path))).message, '404')
})

handshake('of the subprotocols offered the best of ours is agreed upon, or none', async () => {
  const api = await serving({ protocols: ['v2.chat', 'v1.chat'] })
  for (const [offered, expected] of [
    [['v1.chat', 'v2.chat'], 'v2.chat'],
    [['other', 'v1.chat'], 'v1.chat'],
    [[], ''],
  ] as const) {
    const client = await Client.open(api, '/chat/a', [...offered])
    assert.equal([client.socket.protocol, await client.messages(1)], [expected, [`a ${expected}`]])
  }
  const fields = { ...handshakeFields(), 'Sec-WebSocket-Protocol': 'other' }
  const { received } = await rawHandshake(api, '/chat/a', fields)
  assert.match(received, /^HTTP\/1\.1 101 /)
  assert.not.match(received, /sec-websocket-protocol/i)
})

handshake('an origin that is not listed is refused with 403; without a list all may come', async () => {
  const listed = await serving({ origins: ['https://example.com', 'null'] })
  for (const origin of ['https://example.com', 'null', undefined])
    await Client.open(listed, '/chat/a', [], origin === undefined ? {} : { origin })
  const records = logged()
  for (const origin of [
    'https://evil.example',
    'http://example.com',
    'https://example.com:444',
    'https://example.com.evil',
  ])
    assert.is((await failureOf(() => Client.open(listed, '/chat/a', [], { origin }))).message, '403')
  await until(() => accessLines(records).length === 4)
  assert.equal(
    accessLines(records).map((line) => line.status_code),
    [403, 403, 403, 403],
  )
  await stopAll()
  await Client.open(await serving(), '/chat/a', [], { origin: 'https://any.example' })
})

handshake('the websocket is one of the protocols that a client offers, in any case', async () => {
  const api = await serving()
  for (const [Upgrade, Connection] of [
    ['websocket, h2c', 'Upgrade'],
    ['h2c, WebSocket', 'keep-alive, upgrade'],
    ['WEBSOCKET', 'UPGRADE, HTTP2-Settings'],
  ] as const) {
    const { received } = await rawHandshake(api, '/chat/a', { ...handshakeFields(), Upgrade, Connection })
    assert.match(received, /^HTTP\/1\.1 101 .*\r\nUpgrade: websocket\r\n/s)
  }
})

handshake(
  'no websocket for HTTP/1.0, for a request with a body, or one that does not say Connection',
  async () => {
    const api = await serving()
    const { Connection: _, ...unconnected } = handshakeFields()
    const old = requestText('GET', '/chat/a', handshakeFields()).toString().replace('HTTP/1.1', 'HTTP/1.0')
    for (const text of [
      old,
      requestText('GET', '/chat/a', unconnected),
      requestText('GET', '/chat/a', handshakeFields(), clientFrame(0x81, 'no frame')),
    ]) {
      const client = await RawClient.connect(Number(new URL(api.url).port))
      const refused = await client.send(text).response()
      assert.equal([refused.status, refused.header('upgrade')], [426, 'websocket'])
      await client.closed
      assert.is(client.received.length, 0)
    }
  },
)

handshake('a plain GET gets 426 and is told what to upgrade to; other methods are unaffected', async () => {
  const api = await serving()
  const response = await ask(api, 'GET', '/chat/a')
  assert.equal([response.statusLine, response.text], ['HTTP/1.1 426 Upgrade Required', 'Upgrade Required'])
  assert.equal([response.header('upgrade'), response.header('connection')], ['websocket', 'Upgrade, close'])
  assert.is((await ask(api, 'POST', '/chat/a')).text, 'posted')
  assert.equal((await ask(api, 'DELETE', '/chat/a')).header('allow'), 'POST')
  assert.is((await ask(api, 'GET', '/live/1')).status, 426)
  assert.is((await ask(api, 'GET', '/live/x')).status, 404)
})

handshake('a handshake that is none gets 400, an unknown version 426 with the one we speak', async () => {
  const records = logged()
  const api = await serving()
  const fields = handshakeFields()
  const { 'Sec-WebSocket-Key': _, ...keyless } = fields
  for (const bad of [
    keyless,
    { ...fields, 'Sec-WebSocket-Key': 'short' },
    { ...fields, 'Sec-WebSocket-Protocol': 'a,,b' },
  ])
    assert.match((await rawHandshake(api, '/chat/a', bad)).received, /^HTTP\/1\.1 400 /)
  for (const version of ['8', '14', '']) {
    const { received } = await rawHandshake(api, '/chat/a', { ...fields, 'Sec-WebSocket-Version': version })
    assert.match(received, /^HTTP\/1\.1 426 .*\r\nSec-WebSocket-Version: 13\r\n/s)
  }
  await until(() => accessLines(records).length >= 5)
})

handshake('a request to upgrade to something else, or elsewhere, is answered as any other', async () => {
  const api = await serving()
  const wish = (protocol: string) => ({ Connection: 'Upgrade', Upgrade: protocol })
  assert.is((await ask(api, 'GET', '/page', wish('websocket'))).text, 'page')
  assert.is((await ask(api, 'GET', '/page', wish('h2c'))).text, 'page')
  assert.is((await ask(api, 'GET', '/chat/a', wish('h2c'))).status, 426)
  assert.is((await ask(api, 'POST', '/chat/a', wish('websocket'))).text, 'posted')
  assert.is((await ask(api, 'GET', '/unknown', wish('websocket'))).status, 404)
})

handshake('the server starts along, though no route of it is used', async () => {
  const api = http({ port: 0 })
  const ws = websocket(api.use(async (_, next) => next()))
  const kernel = await serve(new Service().on(ws.path('/'), ({ socket }) => socket.send('hi')))
  assert.equal(await (await Client.open(api, '/')).messages(1), ['hi'])
  assert.equal(kernel.state, 'started')
})

handshake('TLS, and a wish to upgrade to something else over it', async () => {
  const file = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url), 'utf8')
  const [key, cert] = [file('localhost.key'), file('localhost.cert')]
  const api = http({ port: 0, host: '127.0.0.1', tls: { key, cert } })
  const ws = websocket(api)
  await serve(
    new Service()
      .on(ws.path('/'), ({ socket }) => ({ message: (data) => socket.send(data) }))
      .on(api.get('/page'), () => 'page'),
  )
  const client = await Client.open(api, '/', [], { ca: cert })
  client.send('secret')
  assert.equal(await client.messages(1), ['secret'])
  const secured = connect({ port: Number(new URL(api.url).port), host: '127.0.0.1', ca: cert })
  const wish = { Connection: 'Upgrade', Upgrade: 'h2c' }
  secured.write(requestText('GET', '/page', wish))
  const [answer] = (await once(secured, 'data')) as [Buffer]
  assert.match(answer.toString(), /^HTTP\/1\.1 200 OK.*page$/s)
  secured.destroy()
})

handshake('a connection that has served requests can be upgraded, also by its last request', async () => {
  const api = http({ port: 0, maxKeepaliveRequests: 2 })
  const ws = websocket(api)
  await serve(
    new Service().on(ws.path('/'), ({ socket }) => socket.send('hi')).on(api.get('/page'), () => 'page'),
  )
  const client = await RawClient.connect(Number(new URL(api.url).port))
  assert.is((await client.send(requestText('GET', '/page')).response()).text, 'page')
  assert.is((await client.send(requestText('GET', '/', handshakeFields())).response()).status, 101)
  await until(() => client.received.length === 4)
  assert.equal(client.received, Buffer.from([0x81, 2, 0x68, 0x69]))
  client.destroy()
})

handshake('two adapters share a server, and one adapter serves two services', async () => {
  const api = http({ port: 0 })
  const [one, two] = [websocket(api, { maxPayload: 10 }), websocket(api, { name: 'large' })]
  await serve(
    new Service({ name: 'a' }).on(one.path('/one'), ({ socket }) => ({
      message: (data) => socket.send(data),
    })),
    new Service({ name: 'b' })
      .on(two.path('/two'), ({ socket }) => ({ message: (data) => socket.send(data) }))
      .on(one.path('/three'), ({ socket, service }) => socket.send(service.name)),
  )
  const [first, second, third] = await Promise.all(
    ['/one', '/two', '/three'].map((path) => Client.open(api, path)),
  )
  for (const client of [first, second]) client?.send('more than ten')
  assert.is((await first?.end())?.[0], 1009)
  assert.equal(await second?.messages(1), ['more than ten'])
  assert.equal(await third?.messages(1), ['b'])
})

handshake('a path that is no route fails the start', async () => {
  const ws = websocket(http({ port: 0 }))
  const error = await failureOf(() => serve(new Service().on(ws.path('chat'), () => {})))
  assert.is(error.code, 'ROUTE_INVALID')
})

/** Sends a handshake as it stands, and resolves with what came before the end or the first frame. */
async function rawHandshake(api: { url: string }, path: string, fields: Record<string, string>) {
  const client = await RawClient.connect(Number(new URL(api.url).port))
  client.send(requestText('GET', path, fields))
  await client.more()
  client.destroy()
  return { received: client.received.toString('latin1') }
}

handshake.run()
