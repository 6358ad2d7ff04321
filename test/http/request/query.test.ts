import { Service, type Size } from 'tomodachi'
import { http, type Query, type RouteOptions } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { ask, errorsIn, logged, serve, stopAll } from '../serving.ts'

const queries = suite('http query')
queries.after.each(stopAll)

/** What a handler is given for this query: the status, and the query or the problem. */
async function given(
  text: string,
  query?: RouteOptions['query'],
  maxHeaderSize: Size = '16KB',
): Promise<{ status: number; json: never }> {
  const api = http({ port: 0, maxHeaderSize })
  const source = query ? api.get('/', { query }) : api.get('/')
  await serve(new Service().on(source, (context) => [200, { given: context.query as Query }]))
  const { status, text: body } = await ask(api, 'GET', `/${text}`)
  const json = JSON.parse(body)
  return { status, json: (json.given ?? json) as never }
}

for (const [text, expected] of [
  ['', {}],
  ['?', {}],
  ['?a=1&b=two', { a: '1', b: 'two' }],
  ['?a=1&a=2&a=3', { a: ['1', '2', '3'] }],
  ['?a', { a: '' }],
  ['?a=b=c&d=?', { a: 'b=c', d: '?' }],
  ['?name=%C3%A5+%2B', { name: 'å +' }],
  ['?broken=%zz', { broken: '%zz' }],
  ['?toString=1&__proto__=2', { toString: '1', ['__proto__']: '2' }],
] as const) {
  queries(`without a schema "${text}" is ${JSON.stringify(expected)}`, async () => {
    assert.equal(await given(text), { status: 200, json: expected })
  })
}

queries('no parameter is left out, as many as a head may have', async () => {
  const names = Array.from({ length: 2_500 }, (_, index) => `p${index}`)
  const { json } = await given(`?${names.map((name) => `${name}=1`).join('&')}`, undefined, '32KB')
  assert.equal(Object.keys(json), names)
  const { json: same } = await given(
    `?${'a=1&'.repeat(2_500)}last=1`,
    z.object({ a: z.array(z.string()), last: z.string() }),
  )
  assert.equal([(same as { a: string[] }).a.length, (same as { last: string }).last], [2_500, '1'])
})

const Page = z.object({
  page: z.coerce.number().int().min(1).default(1),
  tags: z.union([z.string().transform((tag) => [tag]), z.array(z.string())]).default([]),
})

for (const [text, expected] of [
  ['', { page: 1, tags: [] }],
  ['?page=3', { page: 3, tags: [] }],
  ['?tags=a', { page: 1, tags: ['a'] }],
  ['?tags=a&tags=b&other=x', { page: 1, tags: ['a', 'b'] }],
] as const) {
  queries(`the schema makes ${JSON.stringify(expected)} of "${text}"`, async () => {
    assert.equal(await given(text, Page), { status: 200, json: expected })
  })
}

queries('what does not fit is a problem that names the field', async () => {
  const records = logged()
  const { status, json } = await given('?page=none&tags=a', Page)
  assert.is(status, 400)
  const { in: part, detail, errors } = json as { in: string; detail: string; errors: { field: string }[] }
  assert.equal([part, detail], ['query', 'the query does not fit its schema'])
  assert.equal(
    errors.map(({ field }) => field),
    ['page'],
  )
  assert.equal(errorsIn(records), [])
})

queries('the schema of a query may take its time', async () => {
  const slow = z.object({ id: z.string() }).transform(async ({ id }) => ({ id: id.length }))
  assert.equal(await given('?id=four', slow), { status: 200, json: { id: 4 } })
})

queries(
  'with a schema for both the query is checked first, and the body is not read for nothing',
  async () => {
    const api = http({ port: 0 })
    const source = api.post('/', { query: Page, body: z.object({ id: z.number() }) })
    await serve(new Service().on(source, ({ query, body }) => [200, { page: query.page, id: body.id }]))
    const json = { 'Content-Type': 'application/json' }
    const problem = await ask(api, 'POST', '/?page=0', {}, 'no JSON')
    assert.is(JSON.parse(problem.text).in, 'query')
    assert.equal(JSON.parse((await ask(api, 'POST', '/?page=2', json, '{"id":7}')).text), { page: 2, id: 7 })
  },
)

queries('a schema that throws is our mistake: 500, logged', async () => {
  const records = logged()
  const throwing = z.object({}).transform(() => {
    throw new Error('the schema is broken')
  })
  const api = http({ port: 0 })
  await serve(new Service().on(api.get('/', { query: throwing }), () => 'never'))
  const response = await ask(api, 'GET', '/')
  assert.equal([response.status, response.text], [500, ''])
  assert.equal(errorsIn(records), ['the schema is broken'])
})

queries.run()
