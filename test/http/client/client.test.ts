import { hasCode } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { failureOf } from '../serving.ts'
import { json, opened, stopEverything, upstream } from './upstream.ts'

const calls = suite('http client')
calls.after.each(stopEverything)

const ok = (response: Parameters<typeof json>[0]) => json(response, { ok: true })

calls('every method sends its name and its path, and gives status, headers and data', async () => {
  const orders = await upstream((response) => json(response.setHeader('x-own', 'a'), { id: 7 }, 201))
  const client = await opened(orders.url)
  for (const method of ['get', 'post', 'put', 'patch', 'delete'] as const) {
    const { ok, status, headers, data } = await client[method]('/orders/7?full=1')
    assert.equal([ok, status, headers['x-own'], data], [true, 201, 'a', { id: 7 }])
    const { method: sent, url } = orders.received.at(-1) as (typeof orders.received)[number]
    assert.equal([sent, url], [method.toUpperCase(), '/orders/7?full=1'])
  }
  assert.equal((await client.request('OPTIONS', '/')).data, { id: 7 })
  const head = await client.head('/orders/7')
  assert.equal([head.status, head.data], [201, undefined])
})

calls('the query is added to the path', async () => {
  const orders = await upstream(ok)
  const client = await opened(orders.url)
  const query = { text: 'a&b =å', list: [1, 2], on: true, none: undefined, nothing: null }
  await client.get('/orders', { query })
  await client.get('/orders?page=2', { query: { size: 10 } })
  await client.get('/orders', { query: {} })
  const added = '/orders?text=a%26b+%3D%C3%A5&list=1&list=2&on=true'
  assert.equal(
    orders.received.map(({ url }) => url),
    [added, '/orders?page=2&size=10', '/orders'],
  )
})

calls('header fields of a call win over those of the client', async () => {
  const orders = await upstream(ok)
  const client = await opened(orders.url, { headers: { 'X-A': 'client', 'x-b': 'client', 'x-c': 1 } })
  await client.get('/', { headers: { 'x-a': 'call', 'X-B': undefined, 'x-d': ['1', '2'] } })
  const { headers } = orders.received[0] as (typeof orders.received)[number]
  assert.equal(
    ['x-a', 'x-b', 'x-c', 'x-d'].map((name) => headers[name]),
    ['call', undefined, '1', '1, 2'],
  )
})

for (const [type, body, data] of [
  ['application/json; charset=utf-8', '{"a":1}', { a: 1 }],
  ['application/vnd.order+json', '[1]', [1]],
  ['text/plain', 'text', 'text'],
  ['application/octet-stream', 'bytes', Buffer.from('bytes')],
  [undefined, 'bytes', Buffer.from('bytes')],
  ['application/json', '', undefined],
] as const) {
  calls(`an answer of ${body || 'nothing'} in ${type} is read by its type`, async () => {
    const orders = await upstream((response) => {
      if (type) response.setHeader('content-type', type)
      response.end(body)
    })
    const client = await opened(orders.url)
    assert.equal((await client.get('/')).data, data)
  })
}

calls('JSON that is none is an error, which does not quote it', async () => {
  const orders = await upstream((response) => {
    response.setHeader('content-type', 'application/json').end('secret')
  })
  const client = await opened(orders.url)
  const failure = await failureOf(() => client.get('/orders?token=secret'))
  assert.is(failure.code, 'RESPONSE_UNPARSABLE')
  assert.match(failure.message, `GET ${orders.url}/orders cannot be parsed: it is not JSON but 6 bytes`)
  assert.not.match(JSON.stringify(failure) + failure.stack, 'secret')
})

const Order = z.object({ id: z.number(), placed: z.coerce.date() })

calls('a schema makes the data, whatever the type of the answer', async () => {
  const orders = await upstream((response) => response.end('{"id":7,"placed":"2026-01-01T00:00:00Z"}'))
  const client = await opened(orders.url)
  const { data } = await client.get('/', { schema: Order })
  assert.equal(data, { id: 7, placed: new Date('2026-01-01T00:00:00Z') })
  const late = Order.refine(async ({ id }) => id === 7)
  assert.is((await client.get('/', { schema: late })).data.id, 7)
})

calls('an answer that does not fit its schema is an error that names each field', async () => {
  const orders = await upstream((response, number) => {
    if (number === 1) json(response, { id: 'seven' })
    else response.writeHead(number === 2 ? 204 : 200).end(number === 2 ? undefined : '<html>')
  })
  const client = await opened(orders.url)
  const failure = await failureOf(() => client.get('/', { schema: Order }))
  assert.is(failure.code, 'RESPONSE_INVALID')
  assert.match(failure.message, /does not fit its schema: id: .+; placed: /)
  assert.is((await failureOf(() => client.get('/', { schema: Order }))).code, 'RESPONSE_INVALID')
  assert.is((await failureOf(() => client.get('/', { schema: Order }))).code, 'RESPONSE_UNPARSABLE')
})

calls('another status is an error with what was answered, which no log shows', async () => {
  const problem = { type: 'about:blank', title: 'Conflict', status: 409 }
  const orders = await upstream((response) => {
    response
      .writeHead(409, { 'content-type': 'application/problem+json', 'x-own': 'a' })
      .end(JSON.stringify(problem))
  })
  const client = await opened(orders.url)
  const failure = await failureOf(() => client.post('/orders?token=x', { json: {}, schema: Order }))
  if (!hasCode(failure, 'RESPONSE_NOT_OK')) throw failure
  assert.is(failure.message, `POST ${orders.url}/orders returned the status 409`)
  assert.equal([failure.values.status, failure.values.body], [409, problem])
  assert.is(failure.values.headers?.['x-own'], 'a')
  assert.equal(Object.keys(failure.values), ['call', 'status'])
})

calls('with throwOnError: false it is an answer like others, without the schema', async () => {
  const orders = await upstream((response, number) => {
    response.writeHead(number === 1 ? 404 : 500, { 'content-type': 'application/json' })
    response.end(number === 1 ? '{"a":1}' : 'no json')
  })
  const client = await opened(orders.url)
  const options = { throwOnError: false, schema: Order } as const
  const { ok, status, data } = await client.get('/', options)
  assert.equal([ok, status, data], [false, 404, { a: 1 }])
  assert.is((await client.get('/', options)).data, 'no json')
})

calls('redirects are not followed', async () => {
  const orders = await upstream((response) => response.writeHead(302, { location: '/elsewhere' }).end())
  const client = await opened(orders.url)
  const { status, headers } = await client.get('/', { throwOnError: false })
  assert.equal([status, headers.location, orders.received.length], [302, '/elsewhere', 1])
  assert.is((await failureOf(() => client.get('/'))).code, 'RESPONSE_NOT_OK')
})

calls('an answer over the limit is an error; one of exactly the limit is none', async () => {
  const orders = await upstream((response, number) => {
    response.write('x'.repeat(1_024))
    response.end(number === 1 ? '' : 'x')
  })
  const client = await opened(orders.url, { maxResponseSize: '1K' })
  assert.is(((await client.get('/')).data as Buffer).length, 1_024)
  const failure = await failureOf(() => client.get('/'))
  assert.is(failure.code, 'RESPONSE_TOO_LARGE')
  assert.match(failure.message, /larger than 1024 bytes/)
})

calls('an endless answer is cut off at the limit', async () => {
  const orders = await upstream((response) => {
    const more = (): unknown =>
      response.destroyed || response.write('x'.repeat(65_536), () => setImmediate(more))
    more()
  })
  const client = await opened(orders.url, { maxResponseSize: '1MB' })
  assert.is((await failureOf(() => client.get('/'))).code, 'RESPONSE_TOO_LARGE')
})

calls.run()
