import { createServer } from 'node:http'
import { report } from '../report.mjs'
import { Order } from './order.mjs'

const text = 'text/plain; charset=utf-8'
const json = 'application/json; charset=utf-8'
const largestBody = 1024 * 1024

function send(response, status, contentType, body) {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

async function withUser(context, next) {
  context.user = context.params.user
  return next()
}

async function withTenant(context, next) {
  context.tenant = 'acme'
  return next()
}

async function withTrace(context, next) {
  context.trace = context.request.headers['x-trace'] ?? 'none'
  return next()
}

function readOrder({ params, user, tenant, trace }) {
  return `${user} of ${tenant} reads order ${params.id}, trace ${trace}`
}

function composed(context) {
  return withUser(context, () => withTenant(context, () => withTrace(context, () => readOrder(context))))
}

function getOrder(request, response, user, id) {
  composed({ request, params: { user: decodeURIComponent(user), id: decodeURIComponent(id) } }).then(
    (body) => send(response, 200, text, body),
    () => send(response, 500, text, 'Internal Server Error'),
  )
}

function createOrder(request, response) {
  const chunks = []
  let size = 0
  request.on('data', (chunk) => {
    size += chunk.length
    if (size <= largestBody) chunks.push(chunk)
  })
  request.on('end', () => {
    if (size > largestBody) return send(response, 413, text, 'Content Too Large')
    const order = parse(Buffer.concat(chunks).toString())
    if (order === undefined) return send(response, 400, text, 'Bad Request')
    send(response, 200, json, JSON.stringify({ id: order.id, items: order.items.length }))
  })
}

function parse(body) {
  try {
    return Order.safeParse(JSON.parse(body)).data
  } catch {
    return undefined
  }
}

function handle(request, response) {
  const { method, url } = request
  switch (method) {
    case 'GET': {
      if (url === '/hello') return send(response, 200, text, 'hello world')
      const [, users, user, orders, id, more] = url.split('/')
      if (users === 'users' && orders === 'orders' && id && more === undefined)
        return getOrder(request, response, user, id)
      break
    }
    case 'POST':
      if (url === '/orders') return createOrder(request, response)
      break
  }
  send(response, 404, text, 'Not Found')
}

const server = createServer(handle)
server.keepAliveTimeout = 300_000
server.listen(0, '127.0.0.1', () => report({ port: server.address().port }))
