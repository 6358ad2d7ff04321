import fc from 'fast-check'
import { httpInput, type Inputs, mutated } from './input.ts'

const method = fc.constantFrom('GET', 'GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'CONNECT', 'get', 'G T')
const version = fc.constantFrom('1.1', '1.1', '1.1', '1.1', '1.0', '2.0', '0.9')
const path = fc.oneof(
  fc.constantFrom(
    '/any',
    '/files/key.pem',
    '/files/..%2f',
    '/files/%00',
    '*',
    '//',
    '/chat',
    '/plain',
    'http://x/any',
  ),
  fc.webPath(),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => `/any/${text}`),
)
const query = fc.oneof(
  fc.constant(''),
  fc.webQueryParameters().map((text) => `?${text}`),
  fc.string({ unit: 'binary', maxLength: 60 }).map((text) => `?${text}`),
)

const field = fc.oneof(
  fc.constantFrom(
    'Connection: Upgrade\r\nUpgrade: h2c',
    'Connection: Upgrade\r\nUpgrade: websocket',
    'Connection: keep-alive',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip, chunked',
    'Expect: 100-continue',
    'Content-Length: 5',
    'Content-Length: -1',
    'Content-Encoding: gzip',
    'Host: y',
    'If-None-Match: "x", W/"y", *',
    'If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT',
    'If-Range: "x"',
    'Content-Type: application/json',
    'Authorization: Basic OjpAOg==',
    'X-Forwarded-For: , 1.2.3.4, [::1]:x',
  ),
  fc
    .array(fc.integer({ min: -9, max: 99 }), { maxLength: 4 })
    .map((all) => `Range: bytes=${all.join('-')},-5`),
  fc.string({ unit: 'binary-ascii', maxLength: 60 }).map((text) => `Cookie: ${text}`),
  fc
    .tuple(fc.stringMatching(/^[a-z-]{1,10}$/), fc.string({ unit: 'binary-ascii' }))
    .map((pair) => pair.join(': ')),
)

const body = fc.oneof(
  fc.constantFrom(
    '',
    '5\r\nhello\r\n0\r\n\r\n',
    'hello',
    '{"a":1}',
    'ffffffffff\r\n',
    '0\r\nTrailer: x\r\n\r\n',
  ),
  fc.json(),
)

const request = fc
  .record({ method, version, path, query, fields: fc.array(field, { maxLength: 5 }), body })
  .map((made) => {
    const { fields, body: text } = made
    const head = `${made.method} ${made.path}${made.query} HTTP/${made.version}\r\nHost: x\r\n`
    return Buffer.from(`${head}${fields.map((line) => `${line}\r\n`).join('')}\r\n${text}`)
  })

const last = Buffer.from('GET /any HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')

/** One to three requests on a connection, changed or not, and mostly one more that asks for its end. */
export const requests: Inputs = httpInput(
  fc
    .tuple(fc.array(mutated(request), { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([all, endsWell]) => Buffer.concat(endsWell ? [...all, last] : all)),
)
