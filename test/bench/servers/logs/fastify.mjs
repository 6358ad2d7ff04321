import fastify from 'fastify'
import { report } from '../report.mjs'

// As it is by default: one line when a request comes in, and one when it has been answered. `one-line` has the second only.
const [lines] = process.argv.slice(2)
const app = fastify({ logger: true, disableRequestLogging: lines === 'one-line', keepAliveTimeout: 300_000 })

if (lines === 'one-line')
  app.addHook('onResponse', (request, reply, done) => {
    request.log.info({ req: request, res: reply, responseTime: reply.elapsedTime }, 'request completed')
    done()
  })

app.get('/hello', (_request, reply) => {
  reply.send('hello world')
})

app.get('/orders/:id', ({ params, log }, reply) => {
  log.info({ order: params.id, items: 3 }, 'looked up')
  reply.send('hello world')
})

await app.listen({ port: 0, host: '127.0.0.1' })
report({ port: app.server.address().port })
