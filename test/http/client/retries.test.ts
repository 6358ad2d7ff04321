import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:net'
import { Readable } from 'node:stream'
import { hasCode } from 'tomodachi'
import type { ClientOptions } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { lastingPort } from '../../lasting-port.ts'
import { failureOf } from '../serving.ts'
import { json, opened, stopEverything, upstream } from './upstream.ts'

const retries = suite('http client retries')
retries.after.each(stopEverything)

const quickly: ClientOptions = { retry: { backoff: { first: 1 } } }

/** An upstream whose first answers are these, and whose later ones are good. */
const failingFirst = (...failures: readonly ((response: ServerResponse) => unknown)[]) =>
  upstream((response, number) => {
    const fail = failures[number - 1]
    return fail ? fail(response) : json(response, { number })
  })
const status = (code: number) => (response: ServerResponse) => response.writeHead(code).end()
const reset = (response: ServerResponse) => response.socket?.resetAndDestroy()
const brokenBody = (response: ServerResponse) => {
  response.writeHead(200, { 'content-length': 10 }).write('five ')
  setTimeout(() => response.destroy(), 10)
}

for (const [what, failure] of [
  ['429', status(429)],
  ['502', status(502)],
  ['503', status(503)],
  ['504', status(504)],
  ['a connection that is reset', reset],
  ['a body that breaks off', brokenBody],
] as const) {
  retries(`${what}: an idempotent call is made again`, async () => {
    const orders = await failingFirst(failure, failure)
    const client = await opened(orders.url, quickly)
    assert.equal((await client.get('/')).data, { number: 3 })
  })
}

for (const code of [400, 404, 500, 501]) {
  retries(`${code} is final`, async () => {
    const orders = await failingFirst(status(code))
    const client = await opened(orders.url, quickly)
    const failure = await failureOf(() => client.get('/'))
    assert.is(hasCode(failure, 'RESPONSE_NOT_OK') && failure.values.status, code)
    assert.is(orders.received.length, 1)
  })
}

for (const [method, options, again] of [
  ['GET', {}, true],
  ['HEAD', {}, true],
  ['OPTIONS', {}, true],
  ['PUT', { json: { a: 1 } }, true],
  ['DELETE', {}, true],
  ['POST', { json: { a: 1 } }, false],
  ['PATCH', { json: { a: 1 } }, false],
  ['POST', { json: { a: 1 }, idempotent: true }, true],
  ['POST', { body: 'a', headers: { 'Idempotency-Key': 'k' } }, true],
  ['POST', { body: 'a', headers: { 'Idempotency-Key': 'k' }, idempotent: false }, false],
  ['GET', { idempotent: false }, false],
] as const) {
  retries(`${method} with ${JSON.stringify(options)} is ${again ? '' : 'not '}retried`, async () => {
    const orders = await failingFirst(status(503), reset)
    const client = await opened(orders.url, quickly)
    const { status: last } = await client.request(method, '/', { ...options, throwOnError: false })
    assert.equal([last, orders.received.length], again ? [200, 3] : [503, 1])
    const bodies = new Set(orders.received.map(({ body }) => body.toString()))
    assert.is(bodies.size, 1, 'each try sends the same')
  })
}

retries('a stream is sent once', async () => {
  for (const failure of [status(503), reset]) {
    const orders = await failingFirst(failure)
    const client = await opened(orders.url, quickly)
    await failureOf(() => client.put('/', { body: Readable.from(['a', 'b']), idempotent: true }))
    assert.is(orders.received.length, 1)
  }
})

retries('the last failure is told, after as many tries as the options say', async () => {
  for (const [attempts, expected] of [
    [undefined, 3],
    [1, 1],
    [5, 5],
  ] as const) {
    const orders = await upstream(status(503))
    const waits: number[] = []
    const backoff = (attempt: number) => {
      waits.push(attempt)
      return 1
    }
    const client = await opened(orders.url, {
      retry: { backoff, ...(attempts === undefined ? {} : { attempts }) },
    })
    const failure = await failureOf(() => client.get('/'))
    assert.is(hasCode(failure, 'RESPONSE_NOT_OK') && failure.values.status, 503)
    assert.is(orders.received.length, expected)
    assert.equal(waits, [1, 2, 3, 4].slice(0, expected - 1))
  }
})

retries(
  'a host that cannot be reached is an error that says why; one that comes back is reached',
  async () => {
    const port = await lastingPort()
    const gone = await upstream(() => {}, { port })
    await gone.close()
    const client = await opened(gone.url, { retry: { attempts: 100, backoff: () => 20 } })
    const once = await opened(gone.url, { retry: { attempts: 1 } })
    const failure = await failureOf(() => once.get('/orders?a=1'))
    assert.is(failure.code, 'CALL_FAILED')
    assert.match(failure.message, `GET ${gone.url}/orders got no answer: connect ECONNREFUSED`)
    const call = client.get('/')
    const back = await upstream((response) => json(response, 'back'), { port })
    assert.is((await call).data, 'back')
    assert.is(back.received.length, 1)
  },
)

retries('a host with several addresses: the reason is told too', async () => {
  const gone = await upstream(() => {})
  await gone.close()
  const client = await opened(gone.url.replace('127.0.0.1', 'localhost'), { retry: { attempts: 1 } })
  assert.match((await failureOf(() => client.get('/'))).message, /got no answer: .*ECONNREFUSED/)
})

retries('what does not speak HTTP is an error', async () => {
  const server = createServer((socket) => socket.on('error', () => {}).end('SSH-2.0\r\n'))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as { port: number }
  const client = await opened(`http://127.0.0.1:${port}`, quickly)
  assert.is((await failureOf(() => client.get('/'))).code, 'CALL_FAILED')
  server.close()
})

for (const [what, value] of [
  ['seconds', () => '1'],
  ['a date', () => new Date(Date.now() + 2_000).toUTCString()],
] as const) {
  retries(`a Retry-After in ${what} is kept to`, async () => {
    const orders = await failingFirst((response) => response.writeHead(503, { 'retry-after': value() }).end())
    const client = await opened(orders.url, quickly)
    const started = performance.now()
    assert.equal((await client.get('/')).data, { number: 2 })
    assert.ok(performance.now() - started >= 990)
  })
}

retries('a Retry-After beyond the timeout: the answer is final at once', async () => {
  const orders = await upstream((response) => response.writeHead(503, { 'retry-after': '3600' }).end())
  const client = await opened(orders.url, quickly)
  const failure = await failureOf(() => client.get('/'))
  assert.is(hasCode(failure, 'RESPONSE_NOT_OK') && failure.values.headers?.['retry-after'], '3600')
  assert.is(orders.received.length, 1)
})

retries('a Retry-After that is none is passed over', async () => {
  for (const value of ['soon', '-5', 'Thu, 01 Jan 1970 00:00:00 GMT']) {
    const orders = await failingFirst((response) => response.writeHead(503, { 'retry-after': value }).end())
    const client = await opened(orders.url, quickly)
    assert.equal((await client.get('/')).data, { number: 2 })
  }
})

retries('the timeout bounds all tries together', async () => {
  const orders = await upstream(status(503))
  const client = await opened(orders.url, { timeout: 300, retry: { attempts: 1_000, backoff: () => 100 } })
  const failure = await failureOf(() => client.get('/'))
  assert.ok(hasCode(failure, 'RESPONSE_NOT_OK') || hasCode(failure, 'CALL_TIMEOUT'), failure.message)
  assert.ok(orders.received.length <= 3)
})

retries('a stream of an answer: retried until its header fields are good', async () => {
  const orders = await failingFirst(status(503), reset)
  const client = await opened(orders.url, quickly)
  const { body } = await client.stream('GET', '/')
  assert.is(String((await Readable.from(body).toArray())[0]), '{"number":3}')
})

retries.run()
