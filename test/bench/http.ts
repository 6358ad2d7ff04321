import { startServers } from './cpu.ts'
import type { Exchange } from './exchange.ts'
import { type Line, lineOf } from './line.ts'
import type { Pace } from './pace.ts'
import { measure } from './rounds.ts'

const text = 'text/plain; charset=utf-8'
const json = 'application/json; charset=utf-8'
const order = {
  id: 'order-17',
  customer: { name: 'Anna', email: 'anna@example.test' },
  items: [
    { sku: 'A-100', quantity: 2, price: 19.5 },
    { sku: 'B-200', quantity: 1, price: 5 },
  ],
}

const cases: Readonly<Record<string, Exchange>> = {
  hello: { method: 'GET', path: '/hello', status: 200, contentType: text, answer: 'hello world' },
  'param and three middlewares': {
    method: 'GET',
    path: '/users/anna/orders/17',
    status: 200,
    contentType: text,
    answer: 'anna of acme reads order 17, trace none',
  },
  'JSON post with schema': {
    method: 'POST',
    path: '/orders',
    body: JSON.stringify(order),
    status: 200,
    contentType: json,
    answer: '{"id":"order-17","items":2}',
  },
}

/** Answers that are checked and not measured: a server that skips its work must not win. */
const checked: readonly Exchange[] = [
  { method: 'GET', path: '/nothing', status: 404 },
  { method: 'POST', path: '/orders', body: JSON.stringify({ ...order, items: [{}] }), status: 400 },
  { method: 'POST', path: '/orders', body: '{', status: 400 },
]

/** Processor time per request, against bare `node:http` and fastify. */
export async function* http(pace: Pace): AsyncGenerator<Line> {
  for (const [name, exchange] of Object.entries(cases)) {
    const samples = await measure(pace, () => startServers(contenders(exchange), checked))
    yield lineOf({ bench: 'http', case: name, unit: 'µs CPU/request', better: 'lower' }, samples)
  }
}

function contenders(exchange: Exchange) {
  return {
    bare: { file: 'http/bare.mjs', exchanges: [exchange] },
    fastify: { file: 'http/fastify.mjs', exchanges: [exchange] },
    ours: { file: 'http/ours.mjs', exchanges: [exchange] },
  }
}
