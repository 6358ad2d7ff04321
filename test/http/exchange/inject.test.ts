import { Readable } from 'node:stream'
import { guard, Service, use } from 'tomodachi'
import { type Http, HttpError, type HttpRequest, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { accessLines, ask, failureOf, logged, serve, stopAll } from '../serving.ts'

const inject = suite('http inject')
inject.after.each(stopAll)

async function serving(): Promise<Http> {
  const api = http({ port: 0, clientMaxSize: '1KB' })
  await serve(
    new Service()
      .on(
        api.route(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'], '/echo'),
        async ({ request, query }) => [
          200,
          { method: request.method, query, text: await request.text(), ip: request.ip },
          { 'x-echo': 'yes' },
        ],
      )
      .on(api.post('/json', { body: z.object({ id: z.number() }) }), ({ body }) => [201, { id: body.id + 1 }])
      .on(api.get('/stream'), async function* () {
        yield 'a'
        yield 'b'
      })
      .on(api.get('/gone'), () => {
        throw new HttpError(410)
      }),
  )
  return api
}

for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const) {
  inject(`${method} goes through everything but the socket`, async () => {
    const api = await serving()
    const payload = method === 'GET' || method === 'OPTIONS' ? undefined : 'text'
    const response = await api.inject({ method, url: '/echo?a=1', payload })
    assert.is(response.statusCode, 200)
    assert.equal(response.json(), { method, query: { a: '1' }, text: payload ?? '', ip: '127.0.0.1' })
    assert.is(response.headers['x-echo'], 'yes')
    assert.is(response.headers.server, 'tomodachi')
  })
}

inject('HEAD gets the head alone', async () => {
  const api = await serving()
  const response = await api.inject({ method: 'HEAD', url: '/echo' })
  assert.equal([response.statusCode, response.body], [200, ''])
  const { body } = await api.inject({ method: 'GET', url: '/echo' })
  assert.is(Number(response.headers['content-length']), body.replace('GET', 'HEAD').length)
})

inject('a URL alone is a GET', async () => {
  assert.is((await (await serving()).inject('/echo')).json().method, 'GET')
})

inject('payloads: an object is JSON, and a schema is held to', async () => {
  const api = await serving()
  const good = await api.inject({ method: 'POST', url: '/json', payload: { id: 1 } })
  assert.equal([good.statusCode, good.json()], [201, { id: 2 }])
  const bad = await api.inject({ method: 'POST', url: '/json', payload: { id: 'one' } })
  assert.equal([bad.statusCode, bad.json().errors[0].field], [400, 'id'])
  const large = await api.inject({ method: 'POST', url: '/json', payload: 'x'.repeat(1_025) })
  assert.is(large.statusCode, 413)
})

inject('payloads: forms, bytes and streams of the web are sent as a client sends them', async () => {
  const api = http({ port: 0 })
  const received = api.post('/received')
  await serve(
    new Service()
      .on(received, async ({ request }) => [
        200,
        await request.text(),
        { 'x-type': request.headers['content-type'] ?? '' },
      ])
      .on(api.post('/form'), async ({ request }) => ({ body: [...(await request.formData())].map(String) })),
  )
  const form = new FormData()
  form.set('a', '1')
  const forms = [form, new URLSearchParams('a=1')]
  for (const payload of forms) {
    assert.equal((await api.inject({ method: 'POST', url: '/form', payload })).json(), ['a,1'])
    assert.equal((await api.inject({ method: 'POST', url: '/form', body: payload })).json(), ['a,1'])
  }
  async function* parts() {
    yield 'a'
    yield 'b'
  }
  const bytes = new TextEncoder().encode('ab')
  for (const [payload, type] of [
    [bytes, undefined],
    [bytes.buffer, undefined],
    [new DataView(bytes.buffer), undefined],
    [new Blob(['ab'], { type: 'text/csv' }), 'text/csv'],
    [new Blob(['ab']), undefined],
    [new Blob(['ab']).stream(), undefined],
    [Readable.from(['a', 'b']), undefined],
    [parts(), undefined],
  ] as const) {
    const { body, headers } = await api.inject({ method: 'POST', url: '/received', payload })
    assert.equal([body, headers['x-type'] || undefined], ['ab', type])
  }
  const named = { method: 'POST', url: '/received', headers: { 'Content-Type': 'text/x-own' } } as const
  const { headers } = await api.inject({ ...named, payload: new URLSearchParams('a=1'), signal: undefined })
  assert.is(headers['x-type'], 'text/x-own')
})

inject('streams, errors and unknown paths are as over a socket', async () => {
  const api = await serving()
  assert.is((await api.inject('/stream')).body, 'ab')
  assert.is((await api.inject('/gone')).statusCode, 410)
  assert.is((await api.inject('/unknown')).statusCode, 404)
  assert.is((await api.inject({ method: 'PUT', url: '/json' })).headers.allow, 'POST')
})

inject('many at once, each its own answer', async () => {
  const api = await serving()
  const asked = Array.from({ length: 100 }, (_, index) => String(index))
  const answers = await Promise.all(asked.map((a) => api.inject({ url: '/echo', query: { a } })))
  assert.equal(
    answers.map((answer) => answer.json().query.a),
    asked,
  )
})

inject('an injected request is in the access log', async () => {
  const records = logged()
  await (await serving()).inject('/echo?x=1')
  const [line] = accessLines(records)
  assert.equal([line?.status_code, line?.request_path, line?.request_query_string], [200, '/echo', 'x=1'])
})

for (const target of ['/a/../b', '/a/%2e%2e/b', '/./b', '/a\\\\b', '/a//b', '/a?x=1#y', '*'])
  inject(`the target ${target} arrives as it would over a socket`, async () => {
    const api = http({ port: 0 })
    const seen: string[] = []
    const note = guard(({ request }: { request: HttpRequest }) => void seen.push(request.url))
    await serve(
      new Service({ use: use(note as never) })
        .on(api.get('/*'), () => 'found')
        .on(api.error(404), () => 'missed'),
    )
    const response = await api.inject(target)
    const overSocket = await ask(api, 'GET', target)
    assert.equal([response.statusCode, response.body], [overSocket.status, overSocket.text])
    assert.equal(seen, [target, target])
  })

inject('methods that no route can have are answered with 405', async () => {
  const api = await serving()
  for (const method of ['PROPFIND', 'M-SEARCH', 'QUERY'])
    assert.equal([method, (await api.inject({ method, url: '/json' })).statusCode], [method, 405])
  assert.is((await api.inject({ method: 'post', url: '/json', payload: { id: 1 } })).statusCode, 201)
})

inject('OPTIONS * asks whether somebody is there', async () => {
  const api = await serving()
  assert.is((await api.inject({ method: 'OPTIONS', url: '*' })).statusCode, 200)
  assert.is((await api.inject({ method: 'OPTIONS', path: '*' })).statusCode, 200)
})

for (const [given, code, sentence] of [
  [
    { methd: 'GET', url: '/' },
    'OPTION_INVALID',
    'http.inject() has no option "methd"; did you mean "method"?',
  ],
  [{ url: '/', json: {} }, 'OPTION_INVALID', 'http.inject() has no option "json"; did you mean "payload"?'],
  [{ url: '/', params: {} }, 'OPTION_INVALID', 'http.inject() has no option "params"; did you mean "query"?'],
  ...[5, '', 'GE T', 'GET\r\n', 'HELLO', ['GET']].map(
    (method) =>
      [
        { url: '/', method },
        'OPTION_INVALID',
        'the option http.inject.method must be a method that HTTP has, such as "GET", not ',
      ] as const,
  ),
  [
    { url: 5 },
    'OPTION_INVALID',
    'the option http.inject.url must be a path such as "/orders/7", or the parts',
  ],
  [
    { url: '/', headers: 'a: b' },
    'OPTION_INVALID',
    'the option http.inject.headers must be an object of names',
  ],
  [{ method: 'GET' }, 'OPTION_INVALID', 'the option http.inject.url is required: a path such as "/orders/7"'],
  [
    { url: '/', payload: 'a', body: 'b' },
    'OPTIONS_CONFLICT',
    'http.inject.payload and http.inject.body cannot be used together; set only one of them',
  ],
  [5, 'OPTION_INVALID', 'the options of http.inject() must be an object, not 5'],
] as const)
  inject(`${JSON.stringify(given)} is refused`, async () => {
    const api = await serving()
    const failure = await failureOf(() => api.inject(given as never))
    assert.is(failure.code, code)
    assert.ok(failure.message.startsWith(sentence), failure.message)
  })

inject.run()
