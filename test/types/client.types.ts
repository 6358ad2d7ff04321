import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { hasCode, Service } from 'tomodachi'
import { client, type OkResponse, type OtherResponse } from 'tomodachi/http'
import { z } from 'zod'
import { typed } from './same.ts'

const Order = z.object({ id: z.number(), placed: z.coerce.date() })
type Order = z.infer<typeof Order>

const orders = client('http://orders:8080', { connections: 4, retry: { attempts: 2 }, headers: { a: 1 } })
new Service({ adapters: [orders] })
// @ts-expect-error no such option
client('http://orders:8080', { pool: 4 })
client('https://orders', { tls: { ca: ['PEM', Buffer.from('PEM')], servername: 'orders' } })
// @ts-expect-error no such option
client('https://orders', { tls: { requestCert: true } })
// @ts-expect-error a client has no sources
new Service().on(orders.get('/orders'), () => {})

// Data is what the schema makes; without one nothing is known of it.
const good = await orders.get('/orders/7', {
  schema: Order,
  query: { full: true, of: [1, 'a'], not: undefined },
})
typed<OkResponse<Order>>()(good)
typed<Date>()(good.data.placed)
typed<IncomingHttpHeaders>()(good.headers)
typed<unknown>()((await orders.post('/orders', { json: { id: 7 }, idempotent: true })).data)
typed<Order>()((await orders.request('PUT', '/', { schema: Order, body: 'text', throwOnError: true })).data)
// @ts-expect-error an order has no price
good.data.price

// Whoever takes other statuses as answers has to look which it is.
const any = await orders.get('/orders/7', { schema: Order, throwOnError: false })
typed<OkResponse<Order> | OtherResponse>()(any)
typed<unknown>()(any.data)
if (any.ok) typed<Order>()(any.data)
const either = await orders.delete('/orders/7', { throwOnError: Math.random() > 0.5 })
typed<boolean>()(either.ok)

// A stream has no schema.
typed<Readable>()((await orders.stream('GET', '/export')).body)
// @ts-expect-error a stream is not read
orders.stream('GET', '/export', { schema: Order })

// @ts-expect-error no such option
orders.get('/orders', { retries: 3 })
const form = new FormData()
orders.post('/orders', { body: form })
orders.post('/orders', { body: new URLSearchParams({ id: '7' }) })
// @ts-expect-error an object is given as json
orders.post('/orders', { body: { id: 7 } })
// @ts-expect-error a query has no objects
orders.get('/orders', { query: { at: new Date(0) } })

// A path says which values it needs, as that of a route does.
orders.get('/orders/:id', { params: { id: 7 } })
orders.post('/orders/:id/items/:item?', { params: { id: 'a', item: 7n }, json: {} })
orders.get('/orders/:id?full=1', { params: { id: '7' } })
orders.stream('GET', '/files/*', { params: { '*': 'a/b' } })
orders.get('/orders/:id' as string, { params: { whatever: 7 } })
orders.get(`/orders/${good.status}`, { query: { a: 1 } })
typed<Order>()((await orders.get('/orders/:id', { params: { id: 7 }, schema: Order })).data)
// @ts-expect-error another name
orders.get('/orders/:id', { params: { ip: 7 } })
// @ts-expect-error one of two is missing
orders.get('/orders/:id/:item', { params: { id: 7 } })
// @ts-expect-error no such parameter
orders.request('GET', '/orders', { params: { id: 7 } })
// @ts-expect-error what is this as a part of a path?
orders.get('/orders/:id', { params: { id: new Date() } })

// The values of an error are typed by its code.
const failure: unknown = undefined
if (hasCode(failure, 'RESPONSE_NOT_OK')) {
  typed<number>()(failure.values.status)
  typed<unknown>()(failure.values.body)
  // @ts-expect-error another code has it
  failure.values.reason
}
