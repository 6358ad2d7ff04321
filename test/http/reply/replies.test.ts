import { Readable } from 'node:stream'
import { Service } from 'tomodachi'
import { type HttpReply, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RawResponse } from '../raw-client.ts'
import { accessLines, ask, errorsIn, logged, serve, stopAll } from '../serving.ts'

const replies = suite('http replies')
replies.after.each(stopAll)

/** What a client gets when a handler of GET / returns this. */
async function answerOf(reply: () => unknown, method = 'GET'): Promise<RawResponse> {
  const api = http({ port: 0 })
  await serve(new Service().on(api.get('/'), reply as () => HttpReply))
  return ask(api, method, '/')
}

const plain = 'text/plain; charset=utf-8'
const json = 'application/json; charset=utf-8'
async function* pieces() {
  yield 'a'
  yield new Uint8Array([98, 99])
}
const webStream = () =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('abc'))
      controller.close()
    },
  })

/** A reply, and the status, type, length and body that come of it; without length it is sent in chunks. */
const forms: readonly (readonly [
  name: string,
  reply: () => unknown,
  ...expected: [number, string, string | undefined, string],
])[] = [
  ['a string', () => 'åäö', 200, plain, '6', 'åäö'],
  ['a promise of a string', async () => 'abc', 200, plain, '3', 'abc'],
  ['an empty string', () => '', 200, plain, '0', ''],
  ['bytes', () => new Uint8Array([97, 98, 99]), 200, plain, '3', 'abc'],
  ['a Buffer', () => Buffer.from('abc'), 200, plain, '3', 'abc'],
  ['nothing', () => {}, 200, plain, '0', ''],
  ['null', () => null, 200, plain, '0', ''],
  ['an empty object', () => ({}), 200, plain, '0', ''],
  ['a Readable', () => Readable.from([Buffer.from('a'), Buffer.from('bc')]), 200, plain, undefined, 'abc'],
  ['a Readable of strings', () => Readable.from(['a', 'bc']), 200, plain, undefined, 'abc'],
  ['a web stream', webStream, 200, plain, undefined, 'abc'],
  ['an async generator', pieces, 200, plain, undefined, 'abc'],
  ['a status alone', () => [202], 202, plain, '0', ''],
  ['a status and a body', () => [404, 'gone'], 404, plain, '4', 'gone'],
  ['a tuple with a type', () => [201, '<p>', { 'content-type': 'text/html' }], 201, 'text/html', '3', '<p>'],
  ['a tuple with a JSON body', () => [201, { a: [1] }], 201, json, '9', '{"a":[1]}'],
  ['a tuple with a stream', () => [203, pieces()], 203, plain, undefined, 'abc'],
  ['a tuple with bytes', () => [200, Buffer.from('abc')], 200, plain, '3', 'abc'],
  ['an object with a body', () => ({ body: 'abc' }), 200, plain, '3', 'abc'],
  ['an object with a JSON body', () => ({ body: { a: 'å' } }), 200, json, '10', '{"a":"å"}'],
  ['an object with an array as body', () => ({ status: 201, body: [] }), 201, json, '2', '[]'],
  ['an object with a web stream', () => ({ body: webStream() }), 200, plain, undefined, 'abc'],
  ['an object with a status', () => ({ status: 203 }), 203, plain, '0', ''],
  ['a JSON body with a type', () => [200, {}, { 'Content-Type': 'x/y+json' }], 200, 'x/y+json', '2', '{}'],
  [
    'a Response',
    () => new Response('abc', { status: 201, headers: { 'content-type': 'x/y' } }),
    201,
    'x/y',
    undefined,
    'abc',
  ],
  [
    'a Response that tells its length',
    () => new Response('abc', { headers: { 'content-length': '3', 'content-type': 'x/y' } }),
    200,
    'x/y',
    '3',
    'abc',
  ],
  ['a Response without a body', () => new Response(null, { status: 202 }), 202, plain, '0', ''],
  ['a Response of JSON', () => Response.json({ a: 1 }), 200, 'application/json', undefined, '{"a":1}'],
  [
    'text in UTF-16',
    () => [200, 'a', { 'content-type': 'x/y; charset="utf-16le"' }],
    200,
    'x/y; charset="utf-16le"',
    '2',
    'a\0',
  ],
]

for (const [name, reply, status, type, length, body] of forms) {
  replies(`${name} becomes a response`, async () => {
    const response = await answerOf(reply)
    const { statusLine } = response
    assert.match(statusLine, `HTTP/1.1 ${status} `)
    assert.equal(
      [response.header('content-type'), response.header('content-length'), response.text],
      [type, length, body],
    )
    assert.is(response.header('transfer-encoding'), length === undefined ? 'chunked' : undefined)
    assert.is(response.header('server'), 'tomodachi')
  })

  replies(`${name} becomes the same response to HEAD, without its body`, async () => {
    const response = await answerOf(reply, 'HEAD')
    assert.match(response.statusLine, `HTTP/1.1 ${status} `)
    assert.equal([response.header('content-type'), response.header('content-length')], [type, length])
    assert.is(response.body.length, 0)
  })
}

for (const [name, reply] of [
  ['a number', () => 5],
  ['true', () => true],
  ['a function', () => pieces],
  ['an array without a status', () => ['text']],
  ['an empty array', () => []],
  ['an array of four', () => [200, 'text', {}, 1]],
  ['the status 100', () => [100]],
  ['the status 199', () => ({ status: 199 })],
  ['the status 1000', () => [1000, 'text']],
  ['a status with a fraction', () => [200.5]],
  ['a status as text', () => ({ status: '200' })],
  ['an unknown key', () => ({ id: 1, name: 'x' })],
  ['an unknown key beside known ones', () => ({ status: 200, bodi: 'x' })],
  ['a number as the body', () => ({ body: 5 })],
  ['a generator that was not called', () => [200, pieces]],
  ['header fields that are none', () => [200, 'x', 'y: z']],
] as const) {
  replies(`${name} is no reply: 500, and the log says so`, async () => {
    const records = logged()
    const response = await answerOf(reply)
    assert.is(response.status, 500)
    assert.is(response.text, 'Internal Server Error')
    assert.equal(errorsIn(records), ['REPLY_INVALID'])
    assert.equal(
      accessLines(records).map((line) => line.status_code),
      [500],
    )
  })
}

for (const [name, reply] of [
  ['a line break in a header value', () => [200, 'x', { 'x-a': 'a\r\nSet-Cookie: b=c' }]],
  ['a line break in the content type', () => [200, 'x', { 'content-type': 'a\nb' }]],
  ['a header name with a space', () => [200, 'x', { 'x a': 'b' }]],
  ['a bad header beside a stream', () => [200, pieces(), { 'x-a': 'a\nb' }]],
  ['a bad header without a body', () => [200, undefined, { 'x-a': 'a\nb' }]],
] as const) {
  replies(`${name}: 500, and the log says so`, async () => {
    const records = logged()
    const response = await answerOf(reply)
    assert.is(response.statusLine, 'HTTP/1.1 500 Internal Server Error')
    assert.is(response.header('x-a'), undefined)
    assert.is(errorsIn(records).length, 1)
    assert.match(errorsIn(records)[0] as string, /^ERR_INVALID_/)
  })
}

replies('a body that cannot be made JSON is 500', async () => {
  const records = logged()
  const circle: Record<string, unknown> = {}
  circle.self = circle
  assert.is((await answerOf(() => ({ body: circle }))).status, 500)
  assert.match(errorsIn(records)[0] as string, /circular/)
})

for (const charset of ['iso-8859-1', 'us-ascii', 'koi8-r']) {
  replies(`text that ${charset} cannot carry is 500`, async () => {
    const records = logged()
    const response = await answerOf(() => [200, '☃', { 'content-type': `text/plain; charset=${charset}` }])
    assert.is(response.status, 500)
    assert.equal(errorsIn(records), ['REPLY_CHARSET'])
  })
}

replies('header fields: each value of an array is a field, undefined is none, numbers are text', async () => {
  const headers = { 'Set-Cookie': ['a=1', 'b=2'], 'x-none': undefined, 'x-count': 3, 'X-Text': 'å' }
  const response = await answerOf(() => ({ headers }))
  assert.equal(
    response.headers.filter(([name]) => /^(set-cookie|x-)/i.test(name)),
    [
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
      ['x-count', '3'],
      ['X-Text', 'å'],
    ],
  )
})

replies('every cookie of a Response is a field', async () => {
  const headers = new Headers([
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2'],
  ])
  const response = await answerOf(() => new Response(null, { headers }))
  assert.is(response.header('set-cookie'), 'a=1, b=2')
})

replies('no field comes twice when the reply has it itself', async () => {
  const own = {
    Server: 'mine',
    'Content-Length': 3,
    Date: 'today',
    Connection: 'close',
    'CONTENT-TYPE': 'x/y',
  }
  const response = await answerOf(() => [200, 'abc', own])
  const names = response.headers.map(([name]) => name.toLowerCase()).sort()
  assert.equal(names, ['connection', 'content-length', 'content-type', 'date', 'server'])
  assert.is(response.header('server'), 'mine')
  assert.is(response.header('connection'), 'close')
})

for (const status of [204, 304]) {
  for (const [form, body] of [
    ['text', () => 'abc'],
    ['nothing', () => undefined],
    ['a stream', () => pieces()],
  ] as const) {
    replies(`${status} with ${form} has no body`, async () => {
      const api = http({ port: 0, keepaliveTimeout: 0 })
      await serve(new Service().on(api.get('/'), () => [status, body()]))
      const response = await ask(api, 'GET', '/')
      assert.is(response.status, status)
      assert.is(response.body.length, 0)
      if (status === 204) assert.is(response.header('content-length'), undefined)
      assert.is(response.header('transfer-encoding'), undefined)
    })
  }
}

replies('the default content type and the server header are options', async () => {
  const api = http({ port: 0, contentType: 'text/html', serverHeader: '' })
  await serve(new Service().on(api.get('/'), () => '<p>').on(api.get('/json'), () => ({ body: {} })))
  const response = await ask(api, 'GET', '/')
  assert.equal([response.header('content-type'), response.header('server')], ['text/html', undefined])
  assert.is((await ask(api, 'GET', '/json')).header('content-type'), json)
})

replies.run()
