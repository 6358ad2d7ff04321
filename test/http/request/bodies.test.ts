import { Service } from 'tomodachi'
import { type Http, http, type RouteOptions } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { exchange, RawClient, requestText } from '../raw-client.ts'
import { ask, errorsIn, logged, portOf, serve, stopAll, until } from '../serving.ts'

const bodies = suite('http bodies')
bodies.after.each(stopAll)

const Order = z.object({
  id: z.number(),
  items: z.array(z.object({ price: z.number().positive(), name: z.string().default('thing') })),
})
const good = { id: 1, items: [{ price: 2 }] }

/** Serves POST /orders with the schema; what the handler was given ends up in `handled`. */
async function serving(body: NonNullable<RouteOptions['body']> = Order) {
  const handled: unknown[] = []
  const api = http({ port: 0, clientMaxSize: '1KB' })
  await serve(
    new Service().on(api.post('/orders', { body }), (context) => {
      handled.push((context as { readonly body?: unknown }).body)
      return [201]
    }),
  )
  return { api, handled }
}

function post(api: Http, body: unknown, contentType: string | undefined = 'application/json') {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return ask(api, 'POST', '/orders', contentType === '' ? {} : { 'Content-Type': contentType }, text)
}

bodies('the handler gets what the schema makes of the JSON', async () => {
  const { api, handled } = await serving()
  assert.is((await post(api, good)).status, 201)
  assert.equal(handled, [{ id: 1, items: [{ price: 2, name: 'thing' }] }])
})

bodies('what does not fit is a problem that names each field, however deep', async () => {
  const records = logged()
  const { api, handled } = await serving()
  const response = await post(api, { id: '1', items: [{ price: 1 }, { price: -1 }] })
  assert.is(response.statusLine, 'HTTP/1.1 400 Bad Request')
  assert.is(response.header('content-type'), 'application/problem+json')
  const { errors, ...problem } = JSON.parse(response.text)
  assert.equal(problem, {
    type: 'about:blank',
    title: 'Bad Request',
    status: 400,
    detail: 'the body does not fit its schema',
    in: 'body',
  })
  assert.equal(
    errors.map(({ field }: { field: string }) => field),
    ['id', 'items.1.price'],
  )
  for (const { message } of errors) assert.type(message, 'string')
  assert.equal(handled, [])
  assert.equal(errorsIn(records), [], "a client's mistake is no error of ours")
})

bodies('a problem with the whole body has an empty field', async () => {
  const { api } = await serving()
  const { errors } = JSON.parse((await post(api, '[]')).text)
  assert.equal(
    errors.map(({ field }: { field: string }) => field),
    [''],
  )
})

bodies('a schema may take its time', async () => {
  const slow = z.object({ id: z.number() }).refine(async ({ id }) => id > 1, { path: ['id'], error: 'taken' })
  const { api, handled } = await serving(slow)
  assert.is((await post(api, { id: 2 })).status, 201)
  assert.equal(JSON.parse((await post(api, { id: 1 })).text).errors, [{ field: 'id', message: 'taken' }])
  assert.equal(handled, [{ id: 2 }])
})

for (const [name, text] of [
  ['malformed', '{"id": 1'],
  ['empty', ''],
  ['plain', 'hello'],
] as const) {
  bodies(`a ${name} JSON body is 400, and says what is wrong`, async () => {
    const { api, handled } = await serving()
    const response = await post(api, text)
    assert.is(response.status, 400)
    assert.match(response.text, /^the JSON body cannot be parsed: /)
    assert.equal(handled, [])
  })
}

for (const contentType of [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'application/jsonp',
  'application/json-seq',
  'application/javascript',
  'text/plain; application/json',
  'application/json, text/plain',
  'json',
  '*/*',
]) {
  bodies(`the content type ${contentType} is 415 where JSON is needed`, async () => {
    const { api, handled } = await serving()
    const response = await post(api, good, contentType)
    assert.is(response.statusLine, 'HTTP/1.1 415 Unsupported Media Type')
    assert.match(response.text, contentType)
    assert.equal(handled, [])
  })
}

bodies('a body without a content type is 415 where JSON is needed, and so is one with two', async () => {
  const { api, handled } = await serving()
  const text = JSON.stringify(good)
  const fields = `POST /orders HTTP/1.1\r\nHost: x\r\n`
  const chunks = `Transfer-Encoding: chunked\r\n\r\n${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`
  const twice = 'Content-Type: application/json\r\nContent-Type: text/plain\r\n'
  for (const request of [
    `${fields}Content-Length: ${text.length}\r\n\r\n${text}`,
    `${fields}Content-Type:\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
    `${fields}${chunks}`,
    `${fields}${twice}Content-Length: ${text.length}\r\n\r\n${text}`,
  ]) {
    const response = await exchange(portOf(api), request)
    assert.is(response.status, 415, request)
    assert.match(response.text, 'send JSON with the header "content-type: application/json"')
  }
  assert.equal(handled, [])
})

bodies('without a body there is nothing to have a type', async () => {
  const { api } = await serving(z.unknown())
  for (const fields of [{}, { 'Content-Length': '0' }])
    assert.is((await ask(api, 'POST', '/orders', fields)).status, 400)
})

for (const contentType of [
  'application/json; charset=utf-8',
  'Application/JSON',
  'application/a.b+json',
  'image/x+json',
  'text/json',
  'application/json;',
]) {
  bodies(`the content type "${contentType}" is taken for JSON`, async () => {
    const { api } = await serving()
    assert.is((await post(api, good, contentType)).status, 201)
  })
}

bodies('of many things that do not fit, 20 are named and the others counted', async () => {
  const api = http({ port: 0 })
  const Prices = z.object({ prices: z.array(z.object({ price: z.number() })) })
  await serve(new Service().on(api.post('/orders', { body: Prices }), () => [201]))
  const response = await post(api, { prices: Array(10_000).fill({}) })
  const { status, errors, omitted } = JSON.parse(response.text)
  assert.equal([status, errors.length, errors[19].field, omitted], [400, 20, 'prices.19.price', 9_980])
  assert.ok(response.body.length < 10_000)
})

bodies('a body can be read more than once, in any form', async () => {
  const api = http({ port: 0 })
  await serve(
    new Service().on(api.post('/'), async ({ request }) => {
      const [json, text, bytes] = [await request.json(), await request.text(), await request.bytes()]
      return [200, { json, text, bytes: bytes.length }]
    }),
  )
  const response = await ask(api, 'POST', '/', {}, '{"a":"å"}')
  assert.equal(JSON.parse(response.text), { json: { a: 'å' }, text: '{"a":"å"}', bytes: 10 })
})

bodies('text() of a body that is no JSON, json() of it is the mistake of the client', async () => {
  const records = logged()
  const api = http({ port: 0 })
  await serve(
    new Service()
      .on(api.post('/text'), ({ request }) => request.text())
      .on(api.post('/json'), async ({ request }) => [200, { got: await request.json() }]),
  )
  assert.is((await ask(api, 'POST', '/text', {}, '{å')).text, '{å')
  assert.is((await ask(api, 'POST', '/json', {}, '{å')).status, 400)
  assert.equal(errorsIn(records), [])
})

for (const first of ['stream', 'text'] as const) {
  const then = first === 'stream' ? 'text' : 'stream'
  bodies(`${first}() then ${then}() is BODY_USED`, async () => {
    const records = logged()
    const api = http({ port: 0 })
    await serve(
      new Service().on(api.post('/'), async ({ request }) => {
        await request[first]()
        await request[then]()
      }),
    )
    assert.is((await ask(api, 'POST', '/', {}, 'x')).status, 500)
    assert.equal(errorsIn(records), ['BODY_USED'])
  })
}

bodies('a client that waits for 100 Continue is told to go on', async () => {
  const { api, handled } = await serving()
  const client = await RawClient.connect(portOf(api))
  const text = JSON.stringify(good)
  const fields = { Expect: '100-continue', 'Content-Type': 'application/json' }
  client.send(requestText('POST', '/orders', { ...fields, 'Content-Length': String(text.length) }))
  await until(() => client.received.includes('HTTP/1.1 100 Continue\r\n\r\n'))
  assert.is((await client.send(text).response()).status, 201)
  assert.is(handled.length, 1)
})

bodies('a body that nobody reads is no hindrance for the next request', async () => {
  const api = http({ port: 0 })
  await serve(new Service().on(api.post('/'), ({ request }) => request.url))
  const client = await RawClient.connect(portOf(api))
  client.send(requestText('POST', '/?1', {}, 'x'.repeat(200_000)))
  assert.is((await client.response()).text, '/?1')
  client.send(requestText('POST', '/?2', {}, 'x'))
  assert.is((await client.response()).text, '/?2')
})

bodies.run()
