import { TomodachiError } from 'tomodachi'
import { client } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { failureOf } from '../serving.ts'
import { json, opened, stopEverything, upstream } from './upstream.ts'

const options = suite('http client options')
options.after.each(stopEverything)

for (const [origin, shown] of [
  ['orders:8080', 'orders:8080'],
  ['', ''],
  ['ftp://orders', 'ftp://orders'],
  ['http://orders/api', 'http://orders/api'],
  ['http://orders/?a=b', 'http://orders/?a=b'],
  ['http://ada:secret@orders/api', 'http://orders/api'],
  ['http://ada:secret@orders:port', 'http://orders:port'],
  ['http://ada:se/cret@orders', 'http://orders'],
  ['ada:secret@orders', 'orders'],
  ['http://ada:sec%ret@orders', 'http://orders'],
] as const) {
  options(`the origin ${origin} is refused, and shown without credentials`, async () => {
    const failure = await failureOf(() => client(origin))
    assert.is(failure.code, 'OPTION_INVALID')
    assert.match(failure.message, 'client(origin) must be ')
    assert.ok(failure.message.endsWith(`, not ${JSON.stringify(shown)}`), failure.message)
    assert.not.match(failure.message, 'cret')
  })
}

for (const [given, message] of [
  [{ name: '' }, 'the option client.name must be text on one line, not empty, not ""'],
  [{ connections: 0 }, 'the option client.connections must be an integer from 1 to 2147483647, not 0'],
  [{ connections: 1.5 }, 'client.connections'],
  [
    { timeout: 0 },
    'the option client.timeout must be a duration from 1ms to 24d, such as 500 (milliseconds), "20s" or "5m", or Infinity, not 0',
  ],
  [{ connectTimeout: '5' }, 'client.connectTimeout'],
  [{ headersTimeout: 2 ** 31 }, 'client.headersTimeout'],
  [{ bodyTimeout: Number.NaN }, 'client.bodyTimeout'],
  [
    { retry: { attempts: 0 } },
    'the option client.retry.attempts must be an integer from 1 to 2147483647, or Infinity, not 0',
  ],
  [{ retry: { attempt: 1 } }, 'client() has no option "retry.attempt"; did you mean "retry.attempts"?'],
  [{ retry: 3 }, 'the option client.retry must be an object of options, not 3'],
  [{ retry: { backoff: { first: -1 } } }, 'the option client.retry.backoff.first must be a duration'],
  [
    { retry: { backoff: { frist: 1 } } },
    'client() has no option "retry.backoff.frist"; did you mean "retry.backoff.first"?',
  ],
  [{ maxResponseSize: '10 apples' }, 'the option client.maxResponseSize must be a size'],
  [{ headers: 'a: b' }, 'the option client.headers must be an object of names and values'],
  [{ headers: new Map([['a', 'secret']]) }, 'client.headers must be an object of names and values'],
  [{ headers: { 'a b': 'secret' } }, 'client.headers.a b must be a field that HTTP can carry'],
  [{ headers: { a: 'sec\r\nret' } }, 'the option client.headers.a must be a field that HTTP can carry'],
  [{ headers: { a: ['b', 'sec\0ret'] } }, 'client.headers.a'],
  [
    { headers: { Connection: 'close' } },
    'the option client.headers.Connection must be left out, because the client sets',
  ],
  [{ retries: 3 }, 'client() has no option "retries"; did you mean "retry"?'],
  [{ timeOut: 3 }, 'client() has no option "timeOut"; did you mean "timeout"?'],
  [{ ssl: {} }, 'client() has no option "ssl"; did you mean "tls"?'],
  [{ proxy: 'http://proxy' }, 'client() has no option "proxy"; did you mean "proxyFromEnvironment"?'],
] as const) {
  options(`${JSON.stringify(given)} is refused`, async () => {
    const failure = await failureOf(() => client('http://orders', given as object))
    assert.ok(failure instanceof TomodachiError && failure.code === 'OPTION_INVALID', failure.stack)
    assert.match(failure.message, message)
    assert.not.match(failure.message, /\bsec\b|secret|\bret\b/)
  })
}

async function* unread() {}
const circular: { self?: object } = {}
circular.self = circular

for (const [method, path, given, code, message] of [
  ['GET', 'orders', {}, 'OPTION_INVALID', 'client.path must be a path such as /orders/7'],
  ['GET', 'http://elsewhere/', {}, 'OPTION_INVALID', 'client.path'],
  ['GET', '/a\r\nx: y', {}, 'OPTION_INVALID', 'client.path'],
  ['GET', '/a#b', {}, 'OPTION_INVALID', 'client.path'],
  ['get', '/', {}, 'OPTION_INVALID', 'client.request(method) must be a method such as GET'],
  ['GET /', '/', {}, 'OPTION_INVALID', 'client.request(method)'],
  ['CONNECT', '/', {}, 'OPTION_INVALID', 'client.request(method)'],
  ['GET', '/', { retry: 3 }, 'OPTION_INVALID', 'client.request() has no option "retry"; it has params, '],
  [
    'POST',
    '/',
    { boddy: 'a' },
    'OPTION_INVALID',
    'client.request() has no option "boddy"; did you mean "body"?',
  ],
  [
    'POST',
    '/',
    { data: {} },
    'OPTION_INVALID',
    'client.request() has no option "data"; did you mean "json"?',
  ],
  ['GET', '/', { timeout: -1 }, 'OPTION_INVALID', 'client.request.timeout'],
  ['GET', '/', { timeout: '5' }, 'OPTION_INVALID', 'client.request.timeout must be a duration'],
  ['GET', '/', { signal: 1 }, 'OPTION_INVALID', 'client.request.signal must be an AbortSignal, not 1'],
  ['GET', '/', { idempotent: 'yes' }, 'OPTION_INVALID', 'client.request.idempotent must be true or false'],
  ['GET', '/', { schema: { type: 'object' } }, 'OPTION_INVALID', 'a plain JSON Schema cannot validate'],
  ['GET', '/', { headers: { te: 'trailers' } }, 'OPTION_INVALID', 'client.request.headers.te'],
  ['POST', '/', { body: { a: 1 } }, 'OPTION_INVALID', 'a stream; give an object as json'],
  ['POST', '/', { body: unread }, 'OPTION_INVALID', 'the body of POST http://'],
  ['POST', '/', { body: 'a', json: 1 }, 'OPTIONS_CONFLICT', 'body and json cannot be used together'],
  ['POST', '/a', { json: circular }, 'PAYLOAD_UNBUILDABLE', 'the data for POST http'],
  ['POST', '/a', { json: () => 1 }, 'PAYLOAD_UNBUILDABLE', 'JSON cannot carry a function'],
] as const) {
  options(`${method} ${JSON.stringify(path)} with ${Object.keys(given)} is refused: ${message}`, async () => {
    const orders = await upstream((response) => json(response, 1))
    const calls = await opened(orders.url)
    const failure = await failureOf(() => calls.request(method, path, given as object))
    assert.is(failure.code, code)
    assert.match(failure.message, message)
    assert.equal(orders.received, [])
  })
}

options('a stream takes no schema', async () => {
  const calls = await opened((await upstream(() => {})).url)
  const failure = await failureOf(() => calls.stream('GET', '/', { schema: {} } as object))
  assert.match(failure.message, 'client.stream() has no option "schema"')
})

options('the caller’s options are left as they are', async () => {
  const orders = await upstream((response) => json(response, 1))
  const headers = Object.freeze({ 'X-A': 'b' })
  const calls = await opened(orders.url, Object.freeze({ headers }))
  await calls.post('/', Object.freeze({ json: Object.freeze({}), headers, query: Object.freeze({ a: 1 }) }))
  assert.is(orders.received[0]?.headers['x-a'], 'b')
})

options('an origin may be a URL', () => {
  assert.is(client(new URL('https://orders:8443')).url, 'https://orders:8443')
  assert.is(client('HTTP://Orders:80/').url, 'http://orders')
})

for (const given of [null, 'text', 1]) {
  options(`${given} in place of a call's options is refused`, async () => {
    const orders = await upstream((response) => response.end())
    const client = await opened(orders.url)
    const failure = await failureOf(() => client.get('/', given as never))
    assert.match(failure.message, 'the options of client.get() must be an object')
    assert.is(orders.received.length, 0)
  })
}

options.run()
