import { Service } from 'tomodachi'
import { type Http, HttpError, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { logged, serve, stopAll } from '../serving.ts'

const formats = suite('http error format')
formats.after.each(stopAll)

async function serving(routes: (api: Http) => Service): Promise<Http> {
  const api = http({ port: 0 })
  await serve(routes(api))
  return api
}

/** A handler that throws this. */
const throwing = (error: unknown) => () => {
  throw error
}

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
  ['any other error', 'GET', '/broken', 500, ''],
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

formats.run()
