import { Service } from 'tomodachi'
import { type Http, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { exchange, RawClient, requestText } from '../raw-client.ts'
import { ask, errorsIn, logged, portOf, serve, stopAll, until } from '../serving.ts'

const malformed = suite('http malformed requests')

const stray: unknown[] = []
const note = (error: unknown) => stray.push(error)
malformed.before(() => {
  process.on('unhandledRejection', note).on('uncaughtException', note)
})
malformed.after.each(async () => {
  await stopAll()
  assert.equal(stray.splice(0), [])
})

let handled = 0

async function serving(): Promise<Http> {
  handled = 0
  const api = http({ port: 0 })
  await serve(
    new Service()
      .on(api.get('/x'), ({ request }) => `${request.path} ${++handled}`)
      .on(api.options('/x'), () => 'options')
      .on(api.get('/:id'), ({ params }) => `id ${params.id}`)
      .on(api.get(/\/(?<year>\d+)\/é/), ({ params }) => params.year)
      .on(api.post('/json', { body: z.unknown() }), () => `${++handled}`),
  )
  return api
}

for (const [name, bytes, status] of [
  ['garbage', 'garbage\r\n\r\n', 400],
  ['binary garbage', Buffer.from([0x16, 0x03, 0x01, 0x00, 0xa5, 0x0d, 0x0a, 0x0d, 0x0a]), 400],
  ['an unknown method', 'FETCH /x HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['another protocol', 'GET /x FTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['no host', 'GET /x HTTP/1.1\r\n\r\n', 400],
  ['a header without a colon', 'GET /x HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n', 400],
  ['a bad content length', 'POST /json HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n', 400],
  [
    'a length and chunks',
    'POST /json HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  [
    'two lengths',
    'POST /json HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!',
    400,
  ],
  ['a broken chunk', 'POST /json HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 400],
  ['too large a head', `GET /x HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
  ['too long a path', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
] as const) {
  malformed(`${name} is answered with ${status}, and the server goes on`, async () => {
    const records = logged()
    const api = await serving()
    const client = await RawClient.connect(portOf(api))
    const response = await client.send(bytes).response()
    assert.is(response.status, status)
    assert.is(response.header('connection'), 'close')
    await client.closed
    assert.is((await ask(api, 'GET', '/x')).text, '/x 1', 'no handler ran before')
    assert.equal(errorsIn(records), [])
  })
}

malformed('the answer to garbage is not held back by a client that keeps its side open', async () => {
  const api = await serving()
  const client = await RawClient.connect(portOf(api))
  client.socket.allowHalfOpen = true
  client.send('POST /json HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n')
  assert.is((await client.response()).status, 400)
  const before = Date.now()
  await stopAll()
  assert.ok(Date.now() - before < 5_000, 'a broken request is nothing to wait for')
  client.destroy()
})

malformed('garbage behind a good request does not harm its answer', async () => {
  const api = await serving()
  const client = await RawClient.connect(portOf(api))
  client.send(Buffer.concat([requestText('GET', '/x'), Buffer.from('garbage\r\n\r\n')]))
  assert.is((await client.response()).text, '/x 1')
  assert.is((await client.response()).status, 400)
  await client.closed
})

for (const path of ['/%', '/%zz', '/%C3', '/12/%zz', '/%E0%A4%A']) {
  malformed(`bad percent-encoding in ${path} finds no route`, async () => {
    const api = await serving()
    assert.is((await ask(api, 'GET', path)).status, 404)
  })
}

malformed('bad percent-encoding in a query does no harm', async () => {
  assert.is((await ask(await serving(), 'GET', '/x?a=%zz&b=%')).text, '/x 1')
})

for (const target of ['http://example.com/x', 'http://example.com:80/x?a=1', 'HTTPS://user@[::1]/x']) {
  malformed(`the absolute form ${target} is its path`, async () => {
    const port = portOf(await serving())
    const response = await exchange(port, `GET ${target} HTTP/1.1\r\nHost: example.com\r\n\r\n`)
    assert.is(response.text, '/x 1')
  })
}

malformed('OPTIONS * is of no route, and answered', async () => {
  const port = portOf(await serving())
  assert.is((await exchange(port, 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n')).status, 200)
  assert.is((await exchange(port, 'OPTIONS /x HTTP/1.1\r\nHost: x\r\n\r\n')).text, 'options')
})

malformed('CONNECT is refused with 501', async () => {
  const port = portOf(await serving())
  const text = 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n'
  assert.is((await exchange(port, text)).statusLine, 'HTTP/1.1 501 Not Implemented')
})

malformed('a request to upgrade is answered as any other', async () => {
  const response = await ask(await serving(), 'GET', '/x', { Connection: 'Upgrade', Upgrade: 'websocket' })
  assert.equal([response.status, response.text], [200, '/x 1'])
})

malformed('a head that comes byte by byte is one request', async () => {
  const client = await RawClient.connect(portOf(await serving()))
  client.socket.setNoDelay(true)
  for (const byte of requestText('GET', '/x')) {
    client.send(Buffer.from([byte]))
    await new Promise(setImmediate)
  }
  assert.is((await client.response()).text, '/x 1')
})

malformed('HTTP/1.0: no host needed, the connection is closed, or kept when asked for', async () => {
  const port = portOf(await serving())
  const client = await RawClient.connect(port)
  const response = await client.send('GET /x HTTP/1.0\r\n\r\n').response()
  assert.equal([response.text, response.header('connection')], ['/x 1', 'close'])
  await client.closed
  const kept = await RawClient.connect(port)
  for (const expected of ['/x 2', '/x 3']) {
    const answer = await kept.send('GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n').response()
    assert.equal([answer.text, answer.header('connection')], [expected, 'keep-alive'])
  }
  kept.destroy()
})

malformed('connections that open and close without a word leave nothing', async () => {
  const api = await serving()
  const clients = await Promise.all(Array.from({ length: 50 }, () => RawClient.connect(portOf(api))))
  for (const [index, client] of clients.entries()) {
    if (index % 2 === 0) client.destroy()
    else client.socket.resetAndDestroy()
  }
  await Promise.all(clients.map(({ closed }) => closed))
  await until(() => clients.every(({ socket }) => socket.destroyed))
  assert.is((await ask(api, 'GET', '/x')).text, '/x 1')
})

malformed.run()
