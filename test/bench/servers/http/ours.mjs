import { configureLogging, run, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { report } from '../report.mjs'
import { Order } from './order.mjs'

configureLogging({ level: 'error' })

const api = http({ port: 0, host: '127.0.0.1', accessLog: false, keepaliveTimeout: '5m' })

async function withUser({ params }, next) {
  return next({ user: params.user })
}

async function withTenant(_context, next) {
  return next({ tenant: 'acme' })
}

async function withTrace({ request }, next) {
  return next({ trace: request.headers['x-trace'] ?? 'none' })
}

const service = new Service({ name: 'bench' })
  .on(api.get('/hello'), () => 'hello world')
  .on(
    api.get('/users/:user/orders/:id'),
    ({ params, user, tenant, trace }) => `${user} of ${tenant} reads order ${params.id}, trace ${trace}`,
    { use: [withUser, withTenant, withTrace] },
  )
  .on(api.post('/orders', { body: Order }), ({ body }) => ({
    body: { id: body.id, items: body.items.length },
  }))

await run(service)
report({ port: Number(new URL(api.url).port) })
