import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { failureOf, logged, until } from '../serving.ts'
import { json, opened, stopEverything, upstream } from './upstream.ts'

const answers = suite('http client answers')
const servers = new Set<Server>()
answers.after.each(async () => {
  await stopEverything()
  for (const server of servers) server.close()
  servers.clear()
})

/** Listens on a free port, until the test is over. */
async function listening(server: Server): Promise<number> {
  servers.add(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

const final = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}'
const unasked = 'HTTP/1.1 100 Continue\r\n\r\n'

/** A server that answers each request with these pieces, each in a segment of its own. */
async function answering(
  ...pieces: readonly string[]
): Promise<{ readonly url: string; readonly connections: () => number }> {
  let connections = 0
  const server = createServer((socket: Socket) => {
    connections++
    socket.setNoDelay(true).on('error', () => {})
    socket.on('data', async (data) => {
      // The body of a request may come by itself.
      if (!data.includes(' HTTP/1.1\r\n')) return
      for (const piece of pieces) {
        socket.write(piece, 'latin1')
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
    })
  })
  return { url: `http://127.0.0.1:${await listening(server)}`, connections: () => connections }
}

for (const [name, ...pieces] of [
  ['an unasked 100', unasked + final],
  ['an unasked 100 in a segment of its own', unasked, final],
  ['two of them', unasked, unasked + final],
  ['one with fields', 'HTTP/1.1 100 Continue\r\nServer: x\r\nX: HTTP/1.1 100\r\n\r\n', final],
  ['one in pieces', 'HTTP/1.1 1', '0', '0 Continue\r\n\r', '\n', final],
  ['one after a 102', `HTTP/1.1 102 Processing\r\n\r\n${unasked}`, final],
  ['one before a 103', `${unasked}HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${final}`],
  ['byte by byte', ...unasked, ...final],
] as const) {
  answers(`${name} is discarded, and the connection goes on`, async () => {
    const { url, connections } = await answering(...pieces)
    const client = await opened(url, { connections: 1, retry: { attempts: 1 } })
    for (const method of ['get', 'post', 'get'] as const) {
      const { status, data } = await client[method]('/', method === 'post' ? { json: { a: unasked } } : {})
      assert.equal([status, data], [200, {}])
    }
    assert.is(connections(), 1)
  })
}

answers('a body that looks like an interim answer is left as it is', async () => {
  const text = `${unasked}abc`
  const { url } = await answering(
    `HTTP/1.1 200 OK\r\nContent-Length: ${text.length + 1}\r\nContent-Type: text/plain\r\n\r\n`,
    text,
    '.',
  )
  assert.is((await (await opened(url)).get('/')).data, `${text}.`)
})

for (const [value, waits] of [
  ['2147484', 'long'],
  ['99999999999999999999', 'long'],
  ['Fri, 31 Dec 9999 23:59:59 GMT', 'long'],
  ['Friday, 31-Dec-45 23:59:59 GMT', 'long'],
  ['Fri Dec 31 23:59:59 9999', 'long'],
  ['-5', 'not'],
  ['1.5', 'not'],
  ['', 'not'],
  ['soon 2099', 'not'],
  ['2099-01-01T00:00:00Z', 'not'],
  ['Sun, 06 Nov 1994 08:49:37 GMT', 'not'],
  ['1e9', 'not'],
  ['0', 'not'],
] as const) {
  answers(`with Retry-After: ${value} and without a timeout it waits ${waits}`, async () => {
    const warnings: Error[] = []
    const note = (warning: Error) => void warnings.push(warning)
    process.on('warning', note)
    const records = logged('debug')
    const orders = await upstream((response, number) =>
      number === 1 ? response.writeHead(503, { 'retry-after': value }).end() : json(response, { number }),
    )
    const options = { timeout: Number.POSITIVE_INFINITY, retry: { attempts: 2, backoff: { first: 1 } } }
    const client = await opened(orders.url, options)
    const abort = new AbortController()
    const call = client.get('/', { signal: abort.signal })
    if (waits === 'not') assert.equal((await call).data, { number: 2 })
    else {
      await until(() => records.some(({ message }) => message === 'trying a call again'))
      // A timer of node that is asked for more fires at once.
      await new Promise((resolve) => setTimeout(resolve, 20))
      assert.is(orders.received.length, 1)
      abort.abort(new Error('enough'))
      assert.is((await failureOf(() => call)).message, 'enough')
    }
    process.off('warning', note)
    assert.equal(warnings, [])
  })
}

answers.run()
