import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { hasCode, Service } from 'tomodachi'
import { type Client, client, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ask, errorsIn, failureOf, logged, serve, until } from '../serving.ts'
import { json, opened, stopEverything, upstream } from './upstream.ts'

const timeouts = suite('http client timeouts')
timeouts.after.each(stopEverything)

/** Which limit the call has exceeded. */
async function limitOf(call: () => Promise<unknown>): Promise<readonly [string, number]> {
  const failure = await failureOf(call)
  if (!hasCode(failure, 'CALL_TIMEOUT')) throw failure
  return [failure.values.limit, failure.values.milliseconds]
}

const silent = () => {}

timeouts('all of a call is bounded; a call may have a bound of its own', async () => {
  const orders = await upstream(silent)
  const client = await opened(orders.url, { timeout: 60 })
  assert.equal(await limitOf(() => client.get('/')), ['timeout', 60])
  assert.equal(await limitOf(() => client.get('/', { timeout: 30 })), ['timeout', 30])
  const failure = await failureOf(() => client.post('/orders'))
  assert.is(failure.message, `POST ${orders.url}/orders took longer than its timeout of 60 ms`)
})

timeouts('interim answers do not put off the end of a call', async () => {
  const server = createServer((socket) => {
    socket.on('error', silent)
    const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 5)
    socket.on('close', () => clearInterval(timer))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const limits = { headersTimeout: 100, timeout: Number.POSITIVE_INFINITY }
  const client = await opened(`http://127.0.0.1:${port}`, limits)
  assert.equal(await limitOf(() => client.get('/')), ['headersTimeout', 100])
  server.close()
})

timeouts('the body of an answer counts too, unless it is taken as a stream', async () => {
  let end = silent
  const orders = await upstream((response) => {
    response.write('begun ')
    end = () => void response.end('ended')
  })
  const client = await opened(orders.url, { timeout: 100 })
  assert.equal(await limitOf(() => client.get('/')), ['timeout', 100])
  const { body, timeout } = await begun(client)
  setTimeout(() => end(), 1.5 * timeout)
  const text: string[] = []
  for await (const chunk of body) text.push(String(chunk))
  assert.is(text.join(''), 'begun ended')
  assert.equal(
    await limitOf(async () =>
      (await opened((await upstream(silent)).url)).stream('GET', '/', { timeout: 30 }),
    ),
    ['timeout', 30],
  )
})

/** An answer whose header fields have come within the timeout, however busy the machine is. */
async function begun(client: Client) {
  for (let timeout = 250; ; timeout *= 2) {
    try {
      const { body } = await client.stream('GET', '/', { timeout })
      return { body, timeout }
    } catch (error) {
      if (!hasCode(error, 'CALL_TIMEOUT') || timeout > 10_000) throw error
    }
  }
}

timeouts('the header fields of an answer', async () => {
  const orders = await upstream(silent)
  const client = await opened(orders.url, { headersTimeout: '50ms' })
  assert.equal(await limitOf(() => client.get('/')), ['headersTimeout', 50])
  await until(() => orders.received.length > 0)
  assert.is(orders.received.length, 1)
})

timeouts('between two pieces of a body', async () => {
  const orders = await upstream((response) => response.write('begun'))
  const client = await opened(orders.url, { bodyTimeout: 50 })
  assert.equal(await limitOf(() => client.get('/')), ['bodyTimeout', 50])
})

timeouts('a connection that does not stand in time: here one whose handshake never ends', async () => {
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.on('error', () => {})
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as { port: number }
  const client = await opened(`https://127.0.0.1:${port}`, {
    connectTimeout: 50,
    retry: { attempts: 2, backoff: () => 1 },
  })
  assert.equal(await limitOf(() => client.get('/')), ['connectTimeout', 50])
  await until(() => connections > 1)
  assert.is(connections, 2, 'nothing was sent, so it is tried again')
  server.close()
})

timeouts('the wait for a connection counts', async () => {
  let end = silent
  const orders = await upstream((response) => {
    end = () => json(response, 1)
  })
  const client = await opened(orders.url, { connections: 1 })
  const first = client.get('/first')
  await until(() => orders.received.length === 1)
  assert.equal(await limitOf(() => client.get('/second', { timeout: 50 })), ['timeout', 50])
  end()
  await first
  assert.equal(
    orders.received.map(({ url }) => url),
    ['/first'],
  )
})

timeouts('Infinity is no limit', async () => {
  const orders = await upstream((response) => json(response, 1))
  const forever = Number.POSITIVE_INFINITY
  const limits = { timeout: forever, connectTimeout: forever, headersTimeout: forever, bodyTimeout: forever }
  const client = await opened(orders.url, limits)
  assert.is((await client.get('/')).data, 1)
})

timeouts(
  'a handler that lets the failure pass is answered with 504 or 502, and what was answered is not logged',
  async () => {
    const orders = await upstream((response, _, { url }) => {
      if (url === '/refuses') json(response, { card: '4111' }, 422)
    })
    const calls = client(orders.url)
    const api = http({ port: 0, accessLog: false })
    await serve(
      new Service({ adapters: [calls] }).on(api.get('/:what'), async ({ params }) => {
        await calls.get(`/${params.what}`, params.what === 'hangs' ? { timeout: 50 } : {})
      }),
    )
    const records = logged()
    const answers = [await ask(api, 'GET', '/hangs'), await ask(api, 'GET', '/refuses')]
    assert.equal(
      answers.map(({ status }) => status),
      [504, 502],
    )
    assert.equal(errorsIn(records), ['CALL_TIMEOUT', 'RESPONSE_NOT_OK'])
    assert.not.match(JSON.stringify(records), '4111')
  },
)

timeouts.run()
