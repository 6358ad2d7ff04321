import { configureLogging, run, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { report } from '../report.mjs'

configureLogging({ logger: 'json', level: 'info' })

const api = http({ port: 0, host: '127.0.0.1', keepaliveTimeout: '5m' })

const service = new Service({ name: 'bench' })
  .on(api.get('/hello'), () => 'hello world')
  .on(api.get('/orders/:id'), ({ params, log }) => {
    log.info('looked up', { order: params.id, items: 3 })
    return 'hello world'
  })

await run(service)
report({ port: Number(new URL(api.url).port) })
