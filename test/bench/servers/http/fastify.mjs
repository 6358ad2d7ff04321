import fastify from 'fastify'
import { report } from '../report.mjs'
import { Order } from './order.mjs'

const app = fastify({ keepAliveTimeout: 300_000 })

app.decorateRequest('user', '')
app.decorateRequest('tenant', '')
app.decorateRequest('trace', '')

app.setValidatorCompiler(({ schema }) => (value) => {
  const { data, error } = schema.safeParse(value)
  return error ? { error } : { value: data }
})

async function withUser(request) {
  request.user = request.params.user
}

async function withTenant(request) {
  request.tenant = 'acme'
}

async function withTrace(request) {
  request.trace = request.headers['x-trace'] ?? 'none'
}

app.get('/hello', (_request, reply) => {
  reply.send('hello world')
})

app.get('/users/:user/orders/:id', { onRequest: [withUser, withTenant, withTrace] }, (request, reply) => {
  const { params, user, tenant, trace } = request
  reply.send(`${user} of ${tenant} reads order ${params.id}, trace ${trace}`)
})

app.post('/orders', { schema: { body: Order } }, ({ body }, reply) => {
  reply.send({ id: body.id, items: body.items.length })
})

await app.listen({ port: 0, host: '127.0.0.1' })
report({ port: app.server.address().port })
