import FastifyOtelInstrumentation from '@fastify/otel'
import { trace } from '@opentelemetry/api'
import fastify from 'fastify'
import { report } from '../report.mjs'
import { signals, startSdk } from './sdk.mjs'

const app = fastify({ keepAliveTimeout: 300_000 })

if (signals !== 'off') {
  startSdk('spans')
  // By default it makes two spans for each request: that of the handler too.
  const instrumentation = new FastifyOtelInstrumentation({ instrumentHandler: signals === 'two spans' })
  instrumentation.setTracerProvider(trace.getTracerProvider())
  await app.register(instrumentation.plugin())
}

app.get('/hello', (_request, reply) => {
  reply.send('hello world')
})

await app.listen({ port: 0, host: '127.0.0.1' })
report({ port: app.server.address().port })
