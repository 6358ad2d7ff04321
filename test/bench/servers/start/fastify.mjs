import fastify from 'fastify'
import { report } from '../report.mjs'

const app = fastify()

app.get('/hello', (_request, reply) => {
  reply.send('hello world')
})

await app.listen({ port: 0, host: '127.0.0.1' })
report({ port: app.server.address().port })
