import { type Middleware, Service, topic } from 'tomodachi'
import { type ErrorGiven, HttpError, http } from 'tomodachi/http'
import { memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import {
  accessLines,
  ask,
  errorsIn,
  failureOf,
  logged,
  serve,
  serving,
  stopAll,
  throwing,
  until,
} from '../serving.ts'

const errors = suite('http errors')
errors.after.each(stopAll)

for (const [name, error, status, body, type] of [
  ['a status alone', new HttpError(403), 403, 'Forbidden', 'text/plain; charset=utf-8'],
  ['an unknown status', new HttpError(499), 499, '', 'text/plain; charset=utf-8'],
  ['a text', new HttpError(409, 'taken'), 409, 'taken', 'text/plain; charset=utf-8'],
  ['an object', new HttpError(422, { a: 1 }), 422, '{"a":1}', 'application/json; charset=utf-8'],
  [
    'a redirect',
    new HttpError(303, '', { headers: { Location: '/x' } }),
    303,
    '',
    'text/plain; charset=utf-8',
  ],
  [
    'a type',
    new HttpError(400, '<p>', { headers: { 'content-type': 'text/html' } }),
    400,
    '<p>',
    'text/html',
  ],
] as const) {
  for (const [how, handler] of [
    ['thrown', throwing(error)],
    ['rejected with', async () => Promise.reject(error)],
  ] as const) {
    errors(`an HttpError with ${name}, ${how}, is the answer`, async () => {
      const records = logged()
      const api = await serving((api) => new Service().on(api.get('/'), handler))
      const response = await ask(api, 'GET', '/')
      assert.equal([response.status, response.text, response.header('content-type')], [status, body, type])
      if (status === 303) assert.is(response.header('location'), '/x')
      assert.equal(errorsIn(records), [], 'a chosen answer below 500 is no failure')
    })
  }
}

errors('an HttpError is an error: message, name, cause and fields', () => {
  const cause = new Error('underneath')
  const error = new HttpError(503, 'busy', { cause, headers: { 'retry-after': 1 } })
  assert.instance(error, Error)
  assert.equal([error.name, error.message, error.status, error.body], ['HttpError', 'busy', 503, 'busy'])
  assert.is(error.cause, cause)
  assert.equal(error.headers, { 'retry-after': 1 })
  assert.is(new HttpError(404, { id: 1 }).message, 'Not Found')
})

for (const [what, thrown] of [
  ['an error', new Error('a secret')],
  ['a string', 'a secret'],
  ['nothing', undefined],
] as const) {
  errors(`${what} that a handler throws is 500 with an empty body, and is logged`, async () => {
    const records = logged()
    const api = await serving((api) => new Service().on(api.get('/'), throwing(thrown), { name: 'index' }))
    const response = await ask(api, 'GET', '/')
    assert.equal([response.status, response.text], [500, ''])
    const [failure] = records.filter(({ level }) => level === 'error')
    assert.is(failure?.message, 'handler failed')
    assert.is(failure?.fields.handler, 'index')
    assert.is(errorsIn(records).length, 1)
  })
}

errors('the cause of an HttpError of 500 and more is what is logged', async () => {
  const records = logged()
  const error = new HttpError(502, 'upstream', { cause: new Error('connection refused') })
  const api = await serving((api) => new Service().on(api.get('/'), throwing(error)))
  assert.is((await ask(api, 'GET', '/')).text, 'upstream')
  assert.equal(errorsIn(records), ['connection refused'])
})

for (const [name, error] of [
  ['a status that is none', new HttpError(99)],
  ['a body that cannot be JSON', new HttpError(400, { big: 1n })],
  [
    'a body that its charset cannot carry',
    new HttpError(400, '☃', { headers: { 'content-type': 'a/b; charset=us-ascii' } }),
  ],
  ['a header with a line break', new HttpError(400, 'x', { headers: { 'x-a': 'a\nb' } })],
] as const) {
  errors(`an HttpError with ${name} is answered with 500, and logged`, async () => {
    const records = logged()
    const api = await serving((api) => new Service().on(api.get('/'), throwing(error)))
    assert.is((await ask(api, 'GET', '/')).status, 500)
    assert.ok(errorsIn(records).length > 0)
    assert.equal(
      accessLines(records).map((line) => line.status_code),
      [500],
    )
  })
}

errors('error sources answer what has their status, from routes and for want of one', async () => {
  const told: ErrorGiven['error'][] = []
  const api = await serving((api) =>
    new Service()
      .on(api.get('/gone'), throwing(new HttpError(404, 'this one is gone')))
      .on(api.error(404), ({ status, error, request, query }) => {
        told.push(error)
        return [status, { asked: request.path, query, reason: error.message }]
      }),
  )
  const gone = await ask(api, 'GET', '/gone?a=1')
  assert.equal(
    [gone.status, JSON.parse(gone.text)],
    [404, { asked: '/gone', query: { a: '1' }, reason: 'this one is gone' }],
  )
  const unknown = await ask(api, 'GET', '/unknown')
  assert.equal(JSON.parse(unknown.text), { asked: '/unknown', query: {}, reason: 'Not Found' })
  assert.ok(told.every((error) => error instanceof HttpError))
})

errors('an error source may change the status, and has its own by default', async () => {
  const api = await serving((api) =>
    new Service()
      .on(api.get('/forbidden'), throwing(new HttpError(403)))
      .on(api.get('/teapot'), throwing(new HttpError(418)))
      .on(api.error(403), () => [200, 'let through'])
      .on(api.error(418), async () => ({ body: 'short and stout' })),
  )
  const forbidden = await ask(api, 'GET', '/forbidden')
  assert.equal([forbidden.status, forbidden.text], [200, 'let through'])
  const teapot = await ask(api, 'GET', '/teapot')
  assert.equal([teapot.status, teapot.text], [418, 'short and stout'])
})

errors('error(500) is told what a handler threw, error(413) and error(400) of bodies', async () => {
  const api = await serving((api) =>
    new Service()
      .on(api.get('/'), throwing(new Error('deep down')))
      .on(api.post('/json'), ({ request }) => request.json() as Promise<never>)
      .on(api.error(500), ({ error }) => `sorry: ${(error.cause as Error).message}`)
      .on(api.error(400), ({ error }) => `you: ${(error.cause as { code: string } & Error).code}`),
  )
  const response = await ask(api, 'GET', '/')
  assert.equal([response.status, response.text], [500, 'sorry: deep down'])
  assert.is((await ask(api, 'POST', '/json', {}, '{')).text, 'you: PAYLOAD_UNPARSABLE')
})

errors('the first error source of a status counts', async () => {
  const api = await serving((api) =>
    new Service().on(api.error(404), () => 'first').on(api.error(404), () => 'second'),
  )
  assert.is((await ask(api, 'GET', '/')).text, 'first')
})

errors('an error source keeps the Allow header of a 405, unless it answers otherwise', async () => {
  let status = 405
  const api = await serving((api) =>
    new Service().on(api.post('/x'), () => 'posted').on(api.error(405), () => [status, 'not so']),
  )
  const kept = await ask(api, 'GET', '/x')
  assert.equal([kept.status, kept.text, kept.header('allow')], [405, 'not so', 'POST'])
  status = 404
  assert.is((await ask(api, 'GET', '/x')).header('allow'), undefined)
})

for (const [what, reply, reason] of [
  ['throws', throwing(new Error('even the handler')), 'even the handler'],
  ['rejects', async () => Promise.reject(new Error('even the handler')), 'even the handler'],
  ['throws an HttpError', throwing(new HttpError(404)), 'Not Found'],
  ['replies with nonsense', () => 5 as never, 'REPLY_INVALID'],
  ['replies with a bad header', () => [200, 'x', { a: 'b\n' }] as const, 'ERR_INVALID_CHAR'],
] as const) {
  errors(`an error source that ${what} is answered with 500, and logged`, async () => {
    const records = logged()
    const api = await serving((api) => new Service().on(api.error(404), reply as () => string))
    assert.is((await ask(api, 'GET', '/')).status, 500)
    assert.equal(errorsIn(records), [reason])
    await until(() => accessLines(records).length === 1)
  })
}

errors('middleware of the service and of the server runs around error sources, not without one', async () => {
  const seen: unknown[] = []
  const noting: Middleware<object> = async (context, next) => {
    seen.push((context as { readonly status?: number }).status)
    return next()
  }
  const api = http({ port: 0 })
  const watched = api.use(noting)
  await serve(
    new Service().on(watched.get('/x'), throwing(new HttpError(410))).on(watched.error(404), () => 'no'),
  )
  await ask(api, 'GET', '/unknown')
  assert.equal(seen.splice(0), [404])
  await ask(api, 'POST', '/x')
  assert.equal(seen.splice(0), [], 'no source for 405')
  await ask(api, 'GET', '/x')
  assert.equal(seen, [undefined])
})

for (const status of [200, 399, 600, 404.5, Number.NaN]) {
  errors(`error(${status}) is refused`, async () => {
    const failure = await failureOf(() => http().error(status))
    assert.is(failure.code, 'OPTION_INVALID')
    assert.match(failure.message, /400 to 599/)
  })
}

errors(
  'data that the handler publishes wrongly is no fault of the client: 500, and nothing is told',
  async () => {
    const records = logged()
    const bus = memory()
    const created = topic('created', { schema: z.object({ id: z.number() }) })
    const api = await serving((api) =>
      new Service({ adapters: [bus] }).on(api.post('/'), async () => {
        await bus.publish(created, { id: 'secret' } as never)
      }),
    )
    const { statusCode, body } = await api.inject({ method: 'POST', url: '/' })
    assert.equal([statusCode, body], [500, 'Internal Server Error'])
    assert.equal(errorsIn(records), ['PAYLOAD_INVALID'])
  },
)

errors.run()
