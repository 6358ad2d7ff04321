import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { type ClientOptions, client } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { failureOf, until } from '../serving.ts'
import { gate, json, opened, stopEverything, upstream } from './upstream.ts'

const proxied = suite('http client proxy')
const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']
const variables = [...names, ...names.map((name) => name.toLowerCase())]
const before = variables.map((name) => [name, process.env[name]] as const)
const servers = new Set<Server>()
proxied.before.each(() => environment({}))
proxied.after.each(async () => {
  await stopEverything()
  for (const server of servers) server.close().closeAllConnections()
  servers.clear()
})
proxied.after(() => {
  environment(Object.fromEntries(before))
})

/** Sets the variables of the environment that name proxies: these, and no others. */
function environment(given: Readonly<Record<string, string | undefined>>): void {
  for (const name of variables) delete process.env[name]
  for (const [name, value] of Object.entries(given)) if (value !== undefined) process.env[name] = value
}

/** A proxy that forwards requests and opens tunnels, and notes for whom. Without tunnels it never answers a CONNECT. */
async function proxy({ interim = false, tunnels = true } = {}) {
  const seen: string[] = []
  const sockets = new Set<Socket>()
  let most = 0
  const server = createServer((raw, response) => {
    const { method, url, headers } = raw
    seen.push(`${method} ${url} ${headers['proxy-authorization'] ?? ''}`.trim())
    if (interim) response.writeContinue()
    const forwarded = request(String(url), { method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode as number, answer.headers)
      answer.pipe(response)
      answer.on('error', () => response.destroy())
    })
    response.on('close', () => forwarded.destroy())
    raw.pipe(forwarded.on('error', () => response.destroy()))
  })
  server.on('connection', (socket: Socket) => {
    most = Math.max(most, sockets.add(socket).size)
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
  })
  server.on('connect', (raw, socket: Socket) => {
    seen.push(`CONNECT ${raw.url}`)
    if (!tunnels) return socket.on('end', () => socket.end()).resume()
    const { hostname, port } = new URL(`http://${raw.url}`)
    const upstream = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      upstream.pipe(socket).pipe(upstream)
    })
    upstream.on('error', () => socket.destroy())
    return socket.once('close', () => upstream.destroy())
  })
  servers.add(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { address, url: `http://${address}`, seen, sockets, most: () => most }
}

const through = (origin: string, options: ClientOptions = {}) =>
  opened(origin, { proxyFromEnvironment: true, retry: { attempts: 1 }, ...options })

proxied('calls go through the proxy of the environment when they are told to', async () => {
  const orders = await upstream((response) => json(response, 1))
  const { url, address, seen } = await proxy()
  const { host } = new URL(orders.url)
  for (const [variables, proxyFromEnvironment, used] of [
    [{ HTTP_PROXY: url }, true, true],
    [{ http_proxy: url }, true, true],
    [{ HTTP_PROXY: ` ${address} ` }, true, true],
    [{ HTTP_PROXY: url }, false, false],
    [{ HTTP_PROXY: url, http_proxy: '' }, true, false],
    [{ HTTPS_PROXY: url }, true, false],
    [{ HTTP_PROXY: url, NO_PROXY: '127.0.0.1' }, true, false],
    [{ HTTP_PROXY: url, no_proxy: `other,${host}` }, true, false],
    [{ HTTP_PROXY: url, NO_PROXY: 'other *' }, true, false],
    [{ HTTP_PROXY: url, NO_PROXY: 'other' }, true, true],
    [{ HTTP_PROXY: url, NO_PROXY: '127.0.0.1:1' }, true, true],
    [{}, true, false],
  ] as const) {
    seen.length = 0
    environment(variables)
    const client = await through(orders.url, { proxyFromEnvironment })
    assert.is((await client.post('/a?b=1', { json: { c: 1 } })).data, 1)
    assert.equal(seen, used ? [`POST ${orders.url}/a?b=1`] : [], JSON.stringify(variables))
  }
  assert.is(orders.received.at(-1)?.url, '/a?b=1')
})

proxied('the proxy of an https origin is that of HTTPS_PROXY alone', async () => {
  const { url, seen } = await proxy({ tunnels: false })
  environment({ HTTP_PROXY: url })
  assert.is(
    (await failureOf(async () => (await through('https://127.0.0.1:1')).get('/'))).code,
    'CALL_FAILED',
  )
  assert.equal(seen, [])
})

proxied(
  'a tunnel that never opens ends with the limit of headers, and its connection with the stop',
  async () => {
    const { url, seen, sockets } = await proxy({ tunnels: false })
    environment({ HTTPS_PROXY: url })
    const client = await through('https://127.0.0.1:1', { headersTimeout: 50 })
    const failure = await failureOf(() => client.get('/'))
    assert.is(failure.code, 'CALL_TIMEOUT', failure.message)
    assert.match(failure.message, 'headersTimeout')
    assert.is(seen[0], 'CONNECT 127.0.0.1:1')
    await stopEverything()
    await until(() => sockets.size === 0)
  },
)

proxied('the credentials of a proxy are sent to it', async () => {
  const orders = await upstream((response) => json(response, 1))
  const { address, seen } = await proxy()
  environment({ HTTP_PROXY: `ada:s%40d@${address}` })
  await (await through(orders.url)).get('/')
  assert.equal(seen, [`GET ${orders.url}/ Basic ${Buffer.from('ada:s@d').toString('base64')}`])
})

for (const given of ['http://ada:secret@[bad', 'ftp://ada:secret@proxy', 'ada:sec%ret@proxy:1', 'http://']) {
  proxied(`the proxy ${given} is refused at the start, and shown without credentials`, async () => {
    environment({ HTTP_PROXY: given })
    const calls = client('http://orders', { proxyFromEnvironment: true })
    const failure = await failureOf(async () => calls.start({ bus: {} } as never))
    assert.is(failure.code, 'OPTION_INVALID')
    assert.match(failure.message, 'HTTP_PROXY of the environment must be the address of a proxy')
    assert.not.match(failure.message, 'cret')
  })
}

proxied('the limits of time hold through a proxy', async () => {
  const orders = await upstream((response, _, raw) => {
    if (raw.url === '/body') response.writeHead(200, { 'content-length': 2 }).write('x')
  })
  environment({ HTTP_PROXY: (await proxy()).url })
  const client = await through(orders.url, { headersTimeout: 50, bodyTimeout: 50 })
  assert.match((await failureOf(() => client.get('/'))).message, 'headersTimeout of 50 ms')
  const patient = await through(orders.url, { bodyTimeout: 50 })
  assert.match((await failureOf(() => patient.get('/body'))).message, 'bodyTimeout of 50 ms')
})

for (const connections of [1, 2]) {
  proxied(`a client with the limit ${connections} makes as many connections to a proxy`, async () => {
    const { open, opened } = gate()
    const orders = await upstream(async (response, number) => {
      if (number === connections) open()
      await opened
      json(response, 1)
    })
    const { url, most } = await proxy()
    environment({ HTTP_PROXY: url })
    const client = await through(orders.url, { connections })
    await Promise.all(Array.from({ length: 8 }, () => client.get('/')))
    assert.is(most(), connections)
  })
}

proxied('an unasked 100 of a proxy is discarded', async () => {
  const orders = await upstream((response) => json(response, 1))
  environment({ HTTP_PROXY: (await proxy({ interim: true })).url })
  assert.is((await (await through(orders.url)).get('/')).data, 1)
})

proxied('the option for proxies is true or false', async () => {
  const failure = await failureOf(() => opened('http://a', { proxyFromEnvironment: 'http://b' as never }))
  assert.match(failure.message, 'client.proxyFromEnvironment must be true or false')
})

proxied.run()
