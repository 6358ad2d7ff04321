import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Service } from 'tomodachi'
import { type Http, http, type Upgrade } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { exchange, RawClient, requestText } from '../raw-client.ts'
import { accessLines, ask, errorsIn, failureOf, logged, portOf, serve, stopAll, until } from '../serving.ts'

const upgrade = suite('http upgrade')
upgrade.after.each(stopAll)

const wish = (protocol: string, connection = 'Upgrade') => ({ Connection: connection, Upgrade: protocol })

/** Speaks a protocol that says everything twice. */
function accept({ socket, head, params }: Upgrade<unknown>): void {
  const twice = (bytes: Buffer) => socket.write(Buffer.concat([bytes, bytes]))
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: twice\r\nConnection: Upgrade\r\nX-Name: ${params.name}\r\n\r\n`,
  )
  if (head.length > 0) twice(head)
  socket.on('data', twice).on('end', () => socket.end())
}

async function serving(handler: (upgrade: Upgrade<unknown>) => void = accept): Promise<Http> {
  const api = http({ port: 0 })
  api.upgrade('Twice', '/twice/:name', handler)
  await serve(new Service().on(api.get('/x'), () => '').on(api.post('/x'), ({ request }) => request.text()))
  return api
}

async function upgraded(api: Http, bytes = ''): Promise<RawClient> {
  const client = await RawClient.connect(portOf(api))
  client.send(Buffer.concat([requestText('GET', '/twice/anna', wish('twice')), Buffer.from(bytes)]))
  await until(() => client.received.includes('\r\n\r\n'))
  return client
}

const after = (client: RawClient) => client.received.toString().split('\r\n\r\n')[1]

upgrade('anybody can take over a connection, with the params of the path and what came behind', async () => {
  const client = await upgraded(await serving(), 'at once ')
  assert.match(client.received.toString(), /^HTTP\/1\.1 101 .*X-Name: anna/s)
  client.send('later ')
  await until(() => after(client) === 'at once at once later later ')
  client.socket.end()
  await client.closed
})

upgrade('the protocol is one of a list, in any case; who does not ask for it gets 426', async () => {
  const api = await serving()
  const client = await RawClient.connect(portOf(api))
  client.send(requestText('GET', '/twice/anna', wish('h2c, TWICE', 'keep-alive, Upgrade')))
  await until(() => client.received.toString().startsWith('HTTP/1.1 101 '))
  client.destroy()
  const refused = await ask(api, 'GET', '/twice/anna', wish('h2c'))
  assert.equal([refused.status, refused.header('upgrade')], [426, 'twice'])
  assert.is((await ask(api, 'POST', '/twice/anna')).status, 426)
})

upgrade('refuse() answers with a status and its fields, and is in the access log', async () => {
  const records = logged()
  const api = await serving(({ refuse }) => refuse(401, { 'WWW-Authenticate': 'Basic' }))
  const client = await RawClient.connect(portOf(api))
  const response = await client.send(requestText('GET', '/twice/anna', wish('twice'))).response()
  assert.equal(
    [response.status, response.text, response.header('www-authenticate')],
    [401, 'Unauthorized', 'Basic'],
  )
  await client.closed
  assert.equal(
    accessLines(records).map((line) => [line.status_code, line.request_path]),
    [[401, '/twice/anna']],
  )
})

upgrade('a handler that throws is logged, and its client gets 500', async () => {
  const records = logged()
  const api = await serving(() => {
    throw new Error('on purpose')
  })
  assert.is((await ask(api, 'GET', '/twice/anna', wish('twice'))).status, 500)
  assert.equal(errorsIn(records), ['on purpose'])
})

upgrade('offers can be made and withdrawn while the server runs', async () => {
  const api = await serving()
  const stop = api.upgrade('later', '/later', ({ refuse }) => refuse(403))
  assert.is((await ask(api, 'GET', '/later', wish('later'))).status, 403)
  stop()
  assert.is((await ask(api, 'GET', '/later', wish('later'))).status, 404)
  assert.is((await failureOf(() => api.upgrade('later', 'later', () => {}))).code, 'ROUTE_INVALID')
})

upgrade('an upgrade that nobody offers is ignored: bodies arrive, and the connection goes on', async () => {
  const api = await serving()
  let client = await RawClient.connect(portOf(api))
  for (let round = 0; round < 20; round++) {
    const post = requestText('POST', '/x', wish('h2c', 'Upgrade, HTTP2-Settings'), 'a body in pieces')
    client.send(post.subarray(0, -5))
    await new Promise(setImmediate)
    client.send(post.subarray(-5))
    const { text, header } = await client.response()
    assert.is(text, 'a body in pieces')
    // From Node 25 on it is the last.
    if (header('connection') === 'close') client = await RawClient.connect(portOf(api))
  }
  client.send(requestText('GET', '/x', wish('h2c', 'keep-alive, Upgrade')))
  const response = await client.response()
  assert.equal([response.status, response.header('connection')], [200, 'keep-alive'])
  client.destroy()
})

upgrade('HTTP/1.0, a body, or no Connection field: a wish is ignored', async () => {
  const api = await serving()
  for (const [text, status] of [
    ['GET /twice/anna HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: twice\r\n\r\n', 426],
    ['GET /x HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: twice\r\n\r\n', 200],
    [requestText('GET', '/twice/anna', { Upgrade: 'twice' }), 426],
    [requestText('GET', '/twice/anna', wish('twice'), 'a body'), 426],
    [requestText('GET', '/twice/anna', { ...wish('twice'), 'Content-Length': '0' }), 101],
    [requestText('GET', '/twice/anna', wish('twice', 'close, upgrade')), 101],
  ] as const)
    assert.is((await exchange(portOf(api), text)).status, status, String(text))
})

upgrade('no drain waits for what was taken over, and the close ends it', async () => {
  let taken: Duplex | undefined
  const api = await serving((offer) => {
    taken = offer.socket
    accept(offer)
  })
  const client = await upgraded(api)
  await sleep(1_100)
  const startedAt = Date.now()
  await stopAll()
  await client.closed
  assert.ok(taken?.destroyed)
  assert.ok(Date.now() - startedAt < 5_000)
})

upgrade('a client that is gone before anybody listens is no error', async () => {
  const sockets: Duplex[] = []
  const api = await serving(({ socket }) => void sockets.push(socket))
  const client = await RawClient.connect(portOf(api))
  client.send(requestText('GET', '/twice/anna', wish('twice')))
  await until(() => sockets.length === 1)
  client.socket.resetAndDestroy()
  sockets[0]?.resume()
  await until(() => sockets[0]?.destroyed === true)
  assert.is((await ask(api, 'GET', '/x')).status, 200)
})

upgrade('protocols that nobody offers leave nothing behind', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  const api = await serving()
  const asked = async (number: number) => {
    const names = Array.from({ length: 1_000 }, (_, index) => `p${number}-${index}`)
    assert.is((await ask(api, 'GET', '/x', wish(names.join(',')))).status, 200)
  }
  await asked(0)
  collect()
  const before = process.memoryUsage().heapUsed
  for (let number = 1; number <= 20; number++) await asked(number)
  collect()
  // A router for each of these protocols would be 30 MB.
  assert.ok(process.memoryUsage().heapUsed - before < 5_000_000)
})

upgrade.run()
