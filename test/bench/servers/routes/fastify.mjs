import fastify from 'fastify'
import { report } from '../report.mjs'

const count = Number(process.argv[2])
const app = fastify({ keepAliveTimeout: 300_000 })

for (let route = 0; route < count; route += 2) {
  app.get(`/resource-${route}/list`, (_request, reply) => {
    reply.send(`${route} list`)
  })
  app.get(`/resource-${route + 1}/:key`, ({ params }, reply) => {
    reply.send(`${route + 1} ${params.key}`)
  })
}

await app.listen({ port: 0, host: '127.0.0.1' })
report({ port: app.server.address().port })
