// syntax: decorators
import { guard, type Middleware, type Next, on, Service } from 'tomodachi'
import { type HttpError, type HttpRequest, http, validated } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { ask, errorsIn, logged, serve, stopAll } from '../serving.ts'

const validation = suite('http validation and middleware')
const json = { 'Content-Type': 'application/json' }
validation.after.each(stopAll)

validation('middleware runs before a body and a query are checked, and sees them fail', async () => {
  const seen: unknown[] = []
  const api = http({ port: 0 })
  const watched = api.use(async (context, next) => {
    seen.push({ ...context.query }, 'body' in context)
    return next().catch((error: HttpError) => {
      seen.push(error.status)
      throw error
    })
  })
  const source = watched.post('/', {
    body: z.object({ id: z.number() }),
    query: z.object({ page: z.coerce.number() }),
  })
  await serve(new Service().on(source, async ({ body, query }) => [200, { id: body.id, page: query.page }]))
  assert.is((await ask(api, 'POST', '/?page=2', json, '{}')).status, 400)
  assert.is((await ask(api, 'POST', '/?page=x', json, '{"id":1}')).status, 400)
  assert.is((await ask(api, 'POST', '/?page=2', json, '{"id":1}')).text, '{"id":1,"page":2}')
  assert.equal(seen, [{ page: '2' }, false, 400, { page: 'x' }, false, 400, { page: '2' }, false])
})

/** A middleware that notes what it is given. */
const noting =
  (notes: unknown[]) =>
  async ({ query, params, ...context }: object & { query?: unknown; params?: unknown }, next: Next) => {
    notes.push({ ...(query as object), ...(params as object), body: (context as { body?: unknown }).body })
    return next()
  }

validation(
  'behind `validated`, middleware of the route sees what the handler sees; before it does not',
  async () => {
    const notes: unknown[] = []
    const api = http({ port: 0 })
    const source = api.post('/:id', {
      body: z.object({ name: z.string().default('none') }),
      query: z.object({ page: z.coerce.number() }),
      params: z.object({ id: z.coerce.number() }),
    })
    const note = noting(notes)
    await serve(
      new Service().on(source, (context) => void notes.push(context.body), { use: [note, validated, note] }),
    )
    assert.is((await ask(api, 'POST', '/7?page=2', json, '{}')).status, 200)
    assert.equal(notes, [
      { id: '7', page: '2', body: undefined },
      { id: 7, page: 2, body: { name: 'none' } },
      { name: 'none' },
    ])
    notes.length = 0
    assert.is((await ask(api, 'POST', '/x?page=2', json, '{}')).status, 400)
    assert.is(notes.length, 1)
  },
)

validation('`validated` does nothing where there is nothing to validate, nor a second time', async () => {
  const api = http({ port: 0 })
  let checked = 0
  const once = z.object({ n: z.coerce.number() }).transform(({ n }) => {
    checked++
    return { n: n + 1 }
  })
  const second = validated as unknown as Middleware<unknown>
  await serve(
    new Service()
      .on(api.get('/plain'), () => 'plain', { use: [validated] })
      .on(api.get('/'), ({ query }) => String(query.n), { use: [validated, second] })
      .on(api.get('/once', { query: once }), ({ query }) => String(query.n), { use: [validated, second] }),
  )
  assert.is((await ask(api, 'GET', '/plain')).text, 'plain')
  assert.is((await ask(api, 'GET', '/once?n=1')).text, '2')
  assert.is((await ask(api, 'GET', '/?n=1')).text, '1')
  assert.is(checked, 1)
})

validation('a middleware that tries again validates what arrived, not what became of it', async () => {
  const api = http({ port: 0 })
  const again = async (_: object, next: Next) => next().catch(() => next())
  let tries = 0
  const source = api.post('/', {
    body: z.object({ n: z.number() }).transform(({ n }) => ({ n: n + 1 })),
    query: z.object({ n: z.coerce.number() }).transform(({ n }) => ({ n: n + 1 })),
  })
  const handler = ({ body, query }: { body: { n: number }; query: { n: number } }) => {
    if (tries++ === 0) throw new Error('once more')
    return `${body.n} ${query.n}`
  }
  await serve(new Service().on(source, handler, { use: [again] }))
  assert.is((await ask(api, 'POST', '/?n=1', json, '{"n":1}')).text, '2 2')
})

validation('what will be validated cannot be forged, before or behind', async () => {
  for (const place of ['before', 'behind']) {
    const records = logged()
    const api = http({ port: 0 })
    const forge = async (_: object, next: Next) => next({ body: { id: 2 } })
    const source = api.post('/', { body: z.object({ id: z.number() }) })
    const list = place === 'before' ? [forge, validated] : [validated, forge]
    await serve(new Service().on(source, () => 'never', { use: list as never }))
    assert.is((await ask(api, 'POST', '/', json, '{"id":1}')).status, 500)
    assert.equal(errorsIn(records), ['MIDDLEWARE_OVERRIDE'])
    await stopAll()
  }
})

validation('the class face: middleware of service and server runs before the body is checked', async () => {
  const api = http({ port: 0 })
  const auth = guard(
    ({ request }: { request: HttpRequest }) => request.headers['x-user'] === 'ann' || [401, 'who?'],
  )
  class Orders extends Service {
    @on(api.use(auth).post('/', { body: z.object({ id: z.number() }) }))
    place({ body }: { body: { id: number } }) {
      return String(body.id)
    }
  }
  await serve(new Orders())
  assert.is((await ask(api, 'POST', '/', json, '{')).status, 401)
  assert.is((await ask(api, 'POST', '/', { ...json, 'X-User': 'ann' }, '{')).status, 400)
  assert.is((await ask(api, 'POST', '/', { ...json, 'X-User': 'ann' }, '{"id":7}')).text, '7')
})

validation.run()
