import { Readable } from 'node:stream'
import { type AnyErrorCode, hasCode, Service, TomodachiError } from 'tomodachi'
import { events, type Http, HttpError, type Problem } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { accessLines, ask, errorsIn, logged, serving, stopAll, throwing } from '../serving.ts'

const formats = suite('http error format')
formats.after.each(stopAll)

const Body = z.object({ item: z.string() })

/** One handler for all errors, beside one of its own for 418. */
const formatted = (api: Http) =>
  new Service()
    .on(api.error(), ({ status, error, request }) => ({
      headers: { 'content-type': 'application/problem+json' },
      body: { status, title: error.message, path: request.path },
    }))
    .on(api.error(418), () => 'a teapot')
    .on(api.post('/orders', { body: Body }), () => 'taken')
    .on(api.get('/teapot'), throwing(new HttpError(418)))
    .on(
      api.get('/late'),
      throwing(new HttpError(503, 'busy', { headers: { 'Retry-After': 7, 'x-own': 'a' } })),
    )
    .on(
      api.get('/who'),
      throwing(new HttpError(401, 'who?', { headers: { 'www-authenticate': ['Basic', 'Bearer'] } })),
    )
    .on(api.get('/moved'), throwing(new HttpError(303, '', { headers: { Location: '/x' } })))
    .on(api.get('/broken'), throwing(new Error('a secret')))
    .on(api.get('/replied'), () => [404, 'none of ours'])

for (const [name, method, url, status, title] of [
  ['an unknown path', 'GET', '/nowhere', 404, 'Not Found'],
  ['an unknown method', 'DELETE', '/orders', 405, 'Method Not Allowed'],
  ['a body that does not fit', 'POST', '/orders', 400, 'Bad Request'],
  ['a thrown status', 'GET', '/late', 503, 'busy'],
  ['a thrown challenge', 'GET', '/who', 401, 'who?'],
  ['any other error', 'GET', '/broken', 500, 'Internal Server Error'],
] as const) {
  formats(`error() without a status words ${name}`, async () => {
    logged()
    const api = await serving(formatted)
    const response = await api.inject({ method, url, ...(method === 'POST' && { payload: { item: 1 } }) })
    assert.equal([response.statusCode, response.json()], [status, { status, title, path: url }])
    assert.is(response.headers['content-type'], 'application/problem+json')
  })
}

formats('error() leaves alone what has a source of its own, what is no error, and replies', async () => {
  const api = await serving(formatted)
  const answers = await Promise.all(['/teapot', '/moved', '/replied'].map((url) => api.inject(url)))
  assert.equal(
    answers.map(({ statusCode, payload }) => [statusCode, payload]),
    [
      [418, 'a teapot'],
      [303, ''],
      [404, 'none of ours'],
    ],
  )
})

formats('what goes with a status stays, whoever words the body', async () => {
  const api = await serving(formatted)
  const late = await api.inject('/late')
  assert.equal([late.headers['retry-after'], late.headers['x-own']], ['7', undefined])
  assert.equal((await api.inject('/who')).headers['www-authenticate'], ['Basic', 'Bearer'])
  assert.is((await api.inject({ method: 'DELETE', url: '/orders' })).headers.allow, 'POST')
})

formats('a field that the error handler gives wins over that of the error', async () => {
  const api = await serving((api) =>
    new Service()
      .on(api.get('/'), throwing(new HttpError(429, 'busy', { headers: { 'Retry-After': 7 } })))
      .on(api.error(), () => ({ headers: { 'retry-after': 9 } })),
  )
  assert.is((await api.inject('/')).headers['retry-after'], '9')
})

// biome-ignore lint/correctness/useYield: it fails before
async function* fails(error: unknown = new Error('no source')) {
  throw error
}

/** Replies that cannot be sent, and what is logged of each. */
const unsendable: readonly (readonly [string, () => unknown, logs: string])[] = [
  ['an object', () => ({ id: 1 }), 'REPLY_INVALID'],
  ['a list of rows', () => [{ id: 1 }], 'REPLY_INVALID'],
  ['an object, later,', async () => ({ id: 1 }), 'REPLY_INVALID'],
  ['a number', () => 7, 'REPLY_INVALID'],
  ['a status out of range', () => [99], 'REPLY_INVALID'],
  ['JSON that cannot be written', () => ({ body: { a: 1n } }), 'Do not know how to serialize a BigInt'],
  [
    'a charset that lacks a character',
    () => [200, '☃', { 'content-type': 'a/b; charset=us-ascii' }],
    'REPLY_CHARSET',
  ],
  ['a header with a line break', () => [200, 'x', { 'x-a': 'a\nb' }], 'ERR_INVALID_CHAR'],
  ['a stream that fails', () => fails(), 'no source'],
  ['a body that fails', () => [201, Readable.from(fails()), { 'content-length': 10 }], 'no source'],
  ['a Response that fails', () => new Response(ReadableStream.from(fails())), 'no source'],
  ['events that fail', () => events(fails()), 'no source'],
  ['an HttpError with a status that is none', throwing(new HttpError(99)), 'REPLY_INVALID'],
  ['an HttpError with a body that fails', () => throwing(new HttpError(303, fails()))(), 'no source'],
]

for (const [name, handler, logs] of unsendable) {
  formats(`error() answers a reply that cannot be sent: ${name}`, async () => {
    const records = logged()
    const api = await serving((api) =>
      new Service()
        .on(api.error(), async ({ status, error, request }) => [
          status,
          { title: error.message, path: request.path },
        ])
        .on(api.route(['GET', 'POST'], '/'), handler as () => string),
    )
    for (const method of ['GET', 'POST']) {
      const { status, text } = await ask(api, method, '/', {}, method === 'POST' ? 'unread' : undefined)
      assert.equal([status, JSON.parse(text)], [500, { title: 'Internal Server Error', path: '/' }])
    }
    assert.is(errorsIn(records).length, 2)
    assert.match(errorsIn(records)[0] as string, logs)
    assert.equal(
      accessLines(records).map((line) => line.status_code),
      [500, 500],
    )
  })

  formats(`what an error handler replies is not asked about again: ${name}`, async () => {
    logged()
    let calls = 0
    const api = await serving((api) =>
      new Service().on(api.get('/'), handler as () => string).on(api.error(), () => {
        calls++
        return (handler as () => string)()
      }),
    )
    for (const path of ['/', '/nowhere']) assert.is((await ask(api, 'GET', path)).status, 500, path)
    assert.is(calls, 2)
  })
}

formats('a stream that fails with an HttpError is answered by the source of its status', async () => {
  const api = await serving((api) =>
    new Service()
      .on(api.get('/'), () => fails(new HttpError(404, 'no such file')))
      .on(api.error(404), ({ error }) => `sorry: ${error.message}`)
      .on(api.error(), () => 'another'),
  )
  const { status, text } = await ask(api, 'GET', '/')
  assert.equal([status, text], [404, 'sorry: no such file'])
})

formats('a stream that fails with errors whose streams fail ends in a plain 500', async () => {
  logged()
  const endless = (): HttpError =>
    Object.defineProperty(new HttpError(400), 'body', { get: () => fails(endless()) })
  const api = await serving((api) => new Service().on(api.get('/'), () => fails(endless())))
  assert.is((await ask(api, 'GET', '/')).status, 500)
})

formats('validation gives the error handler a typed problem', async () => {
  const problems: Problem[] = []
  const api = await serving((api) =>
    new Service()
      .on(api.post('/:id', { body: Body, params: z.object({ id: z.coerce.number() }) }), () => 'taken')
      .on(api.error(400), ({ error }) => {
        if (!hasCode(error.cause, 'REQUEST_INVALID')) return [500]
        const { part, issues, problem } = error.cause.values
        problems.push(problem)
        return { body: { part, issues, same: error.body === problem } }
      }),
  )
  const body = await api.inject({ method: 'POST', url: '/1', payload: { item: 1 } })
  assert.is(body.statusCode, 400)
  assert.is(body.json().part, 'body')
  assert.match(body.json().issues, /^item: /)
  assert.is(body.json().same, true)
  const params = await api.inject({ method: 'POST', url: '/x', payload: { item: 1 } })
  assert.is(params.json().part, 'params')
  assert.equal(
    problems.map(({ detail, errors: [first] }) => [detail, first?.field]),
    [
      ['the body does not fit its schema', 'item'],
      ['the params do not fit their schema', 'id'],
    ],
  )
})

formats('every error of the library below 500 has a code and a sentence', async () => {
  const codes: (AnyErrorCode | undefined)[] = []
  const api = await serving((api) => {
    api.upgrade('chat', '/chat', () => {})
    return new Service()
      .on(api.error(), ({ error: { cause } }) => {
        codes.push(cause instanceof TomodachiError ? cause.code : undefined)
        return cause instanceof TomodachiError ? cause.message : 'none'
      })
      .on(api.post('/orders', { body: Body, maxBodySize: 20 }), () => 'taken')
  })
  const post = { method: 'POST', url: '/orders' } as const
  const json = { 'content-type': 'application/json' }
  const answers = [
    await api.inject('/nowhere?secret=1'),
    await api.inject('/orders'),
    await api.inject('/chat'),
    await api.inject({ ...post, payload: {} }),
    await api.inject({ ...post, payload: '{', headers: json }),
    await api.inject({ ...post, payload: 'text', headers: { 'content-type': 'text/plain' } }),
    await api.inject({ ...post, payload: { item: 'a'.repeat(20) } }),
  ]
  assert.equal(codes, [
    'ROUTE_UNKNOWN',
    'METHOD_NOT_ALLOWED',
    'UPGRADE_REQUIRED',
    'REQUEST_INVALID',
    'PAYLOAD_UNPARSABLE',
    'CONTENT_TYPE_UNSUPPORTED',
    'BODY_TOO_LARGE',
  ])
  assert.equal(
    answers.slice(0, 3).map(({ payload }) => payload),
    [
      'there is no route for GET /nowhere',
      '/orders does not take GET; it takes POST',
      '/chat requires an upgrade to chat',
    ],
  )
})

formats.run()
