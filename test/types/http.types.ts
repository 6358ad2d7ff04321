import { Readable } from 'node:stream'
import { guard, type Next, on, Service, use } from 'tomodachi'
import {
  HttpError,
  type HttpReply,
  type HttpRequest,
  http,
  json,
  type Query,
  validated,
} from 'tomodachi/http'
import { memory } from 'tomodachi/memory'
import { z } from 'zod'
import { typed } from './same.ts'

const api = http({ port: 0 })
const service = new Service()
const Order = z.object({ id: z.number() })

// Parameters come from the path.
service.on(api.get('/orders/:id/items/:item'), ({ params, request }) => {
  typed<string>()(params.id)
  typed<string>()(params.item)
  typed<HttpRequest>()(request)
  return params.id
})
// @ts-expect-error the path has no such parameter
service.on(api.get('/orders/:id'), ({ params }) => params.item)
// @ts-expect-error this path has none
service.on(api.get('/orders'), ({ params }) => params.id)
// The groups of a RegExp are not seen: any name, and it may be absent.
service.on(api.get(/\/(?<year>\d+)/), ({ params }) => {
  typed<string | undefined>()(params.year)
  return params.year
})
service.on(api.get('/orders/:page?'), ({ params }) => {
  typed<string | undefined>()(params.page)
  return params.page
})

// Body and query come from their schemas.
service.on(api.post('/orders', { body: Order }), async ({ body }) => {
  typed<{ id: number }>()(body)
  return [202, body]
})
service.on(api.get('/orders', { query: z.object({ page: z.coerce.number() }) }), ({ query }) => {
  typed<number>()(query.page)
  return { body: query }
})
service.on(api.post('/orders/:id', { body: Order, query: Order }), ({ body, query, params }) => {
  typed<{ id: number }>()(body)
  typed<{ id: number }>()(query)
  typed<string>()(params.id)
})
service.on(api.get('/orders'), ({ query }) => {
  typed<Query>()(query)
})
// @ts-expect-error an order has no price
service.on(api.post('/orders', { body: Order }), ({ body }) => body.price)
// @ts-expect-error without a schema, there is no body
service.on(api.post('/orders'), ({ body }) => body)
// @ts-expect-error a schema is needed
api.post('/orders', { body: { id: 'number' } })

// Every form of a reply, sync or async.
service.on(api.get('/'), () => 'text')
service.on(api.get('/'), async () => 'text')
service.on(api.get('/'), () => new Uint8Array(2))
service.on(api.get('/'), () => new Response('text'))
service.on(api.get('/'), () => undefined)
service.on(api.get('/'), () => {})
service.on(api.get('/'), async () => [204])
service.on(api.get('/'), async () => [200, { id: 1 }, { 'x-id': '1' }])
service.on(api.get('/'), () => ({ status: 200, body: { id: 1 }, headers: { 'x-id': '1' } }))
service.on(api.get('/'), ({ params: _ }) => {
  if (Math.random() > 0.5) throw new HttpError(404)
  return [200, 'found']
})
service.on(api.get('/'), () => Readable.from(['text']))
service.on(api.get('/'), () => new ReadableStream())
service.on(api.get('/'), async function* () {
  yield 'text'
})
service.on(api.get('/'), ({ request }) => [200, request.stream(), { 'set-cookie': ['a=1', 'b=2'] }])
// @ts-expect-error a number is no reply
service.on(api.get('/'), () => 42)
// @ts-expect-error the status is a number
service.on(api.get('/'), () => ['200', 'text'])
// @ts-expect-error neither can a field of the reply be misspelt
service.on(api.get('/'), () => ({ statusCode: 200 }))

// @ts-expect-error a body comes in one of three keys
service.on(api.get('/'), () => ({ id: 1, name: 'x' }))
// @ts-expect-error a tuple begins with the status
service.on(api.get('/'), () => ['text'])
// @ts-expect-error neither sync nor async
service.on(api.get('/'), async () => ['text'])
// @ts-expect-error a header is no object
service.on(api.get('/'), () => [200, 'text', { 'x-a': {} }])

// A reply has no other keys, wherever it comes from; a value that may be anything is the affair of the run time.
const user = { id: 1, name: 'x' }
// @ts-expect-error a plain object
service.on(api.get('/'), () => user)
// @ts-expect-error one of its keys is none of a reply
service.on(api.get('/'), async () => ({ status: 200, body: user, id: 1 }))
// @ts-expect-error rows
service.on(api.get('/'), () => [user, user])
// @ts-expect-error on one way of two
service.on(api.get('/'), ({ query }) => (query.page ? { body: user } : user))
declare const anything: never
service.on(api.get('/'), () => anything)
service.on(api.get('/'), (): HttpReply => ({ body: user }))
service.on(api.get('/'), () => ({}))
service.on(api.get('/'), () => json([user, user]))
service.on(api.get('/'), async () => json(user, { status: 201, headers: { 'x-id': 1 } }))
// @ts-expect-error there is no such part
json(user, { code: 201 })

// A key is asked for before anything is validated.
service.on(api.get('/orders/:id'), () => {}, { orderBy: ({ params }) => typed<string>()(params.id) })
// @ts-expect-error the body has not been read then
service.on(api.post('/orders', { body: Order }), () => {}, { orderBy: ({ body }) => body.id })

// Error sources, and several methods.
service.on(api.error(404), ({ status, request, error }) => {
  typed<number>()(status)
  typed<HttpError>()(error)
  return [404, request.path]
})
service.on(api.route(['GET', 'POST'], '/orders/:id'), ({ params }) => params.id)
// @ts-expect-error no such method
api.route(['FETCH'], '/')

// Middleware of the transport.
const session = async ({ request }: { request: HttpRequest }, next: Next) => next({ session: request.path })
const withSession = api
  .use(async ({ request }, next) => next({ first: request.path }))
  .use(session)
  .use(guard(({ request, session }) => request.path === session || [403, 'no']))
service.on(withSession.get('/orders/:id'), ({ session, first, params }) => session + first + params.id)
service.on(api.get('/me'), ({ session }) => session, { use: [session, guard(() => true)] })
// @ts-expect-error this server adds no session
service.on(api.get('/me'), ({ session }) => session)

export class Orders extends Service {
  @on(api.get('/orders/:id'))
  order({ params }: { params: { id: string } }): string {
    return params.id
  }

  @on(api.post('/orders', { body: Order }))
  async place({ body }: { body: { id: number } }) {
    return [201, body] as const
  }

  // @ts-expect-error a plain object is no reply
  @on(api.get('/orders'))
  async orders() {
    return { id: 1 }
  }

  // @ts-expect-error one of its keys is none of a reply
  @on(api.get('/orders'))
  counted() {
    return { body: [], count: 0 }
  }

  @on(api.get('/orders'))
  async listed() {
    return json([{ id: 1 }])
  }

  // @ts-expect-error the path has no such parameter
  @on(api.get('/orders/:id'))
  item({ params }: { params: { item: string } }): string {
    return params.item
  }
}

// Middleware of a route sees what arrived; behind `validated`, what the handler sees.
const auth = async ({ request }: { request: HttpRequest }, next: Next) => next({ user: request.path })
const byRawQuery = guard(({ query }: { query: Query }) => query.page !== '0' || [403])
const audit = async ({ body, query }: { body: { id: number }; query: { page: number } }, next: Next) =>
  next({ audited: body.id + query.page })
const byUser = guard(({ user }: { user: string }) => user !== '' || [403])
const Page = z.object({ page: z.coerce.number() })
const place = api.post('/orders/:id', {
  body: Order,
  query: Page,
  params: z.object({ id: z.coerce.number() }),
})
service.on(
  place,
  ({ body, query, params, user, audited }) => {
    typed<{ id: number }>()(body)
    typed<number>()(query.page)
    typed<number>()(params.id)
    typed<string>()(user)
    typed<number>()(audited)
  },
  { use: [byRawQuery, auth, validated, byUser, audit] },
)
service.on(withSession.post('/orders', { body: Order }), ({ body, session }) => session + body.id, {
  use: [byRawQuery, validated, guard(({ body }: { body: { id: number } }) => body.id > 0 || [403])],
})
service.on(api.get('/orders'), ({ query }) => typed<Query>()(query), { use: [auth, validated] })
// @ts-expect-error the body has not been read before `validated`
service.on(place, () => {}, { use: [audit, validated] })
// @ts-expect-error nor without it
service.on(place, () => {}, { use: [auth, audit] })
const byPage = guard(({ query }: { query: { page: number } }) => query.page > 0 || [403])
// @ts-expect-error before it the query is as it was sent
service.on(place, () => {}, { use: [byPage] })
// @ts-expect-error behind it the query is validated
service.on(place, () => {}, { use: [validated, byRawQuery] })
const byPrice = guard(({ body }: { body: { price: number } }) => body.price > 0 || [403])
// @ts-expect-error the body has no such field
service.on(place, () => {}, { use: [validated, byPrice] })
// @ts-expect-error all middleware of the server runs before
api.use(validated)
// @ts-expect-error and that of the service
new Service({ use: use(validated) })
// @ts-expect-error the server's middleware has no body
api.use(async ({ body }, next) => next({ body }))
api.use(async ({ query }, next) => next({ page: typed<Query>()(query) }))
// @ts-expect-error a message is validated before middleware
service.on(memory().topic('order.created'), () => {}, { use: [validated] })
