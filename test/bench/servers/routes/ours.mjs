import { configureLogging, run, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { report } from '../report.mjs'

configureLogging({ level: 'error' })

const count = Number(process.argv[2])
const api = http({ port: 0, host: '127.0.0.1', accessLog: false, keepaliveTimeout: '5m' })
const service = new Service({ name: 'bench' })

for (let route = 0; route < count; route += 2) {
  service
    .on(api.get(`/resource-${route}/list`), () => `${route} list`)
    .on(api.get(`/resource-${route + 1}/:key`), ({ params }) => `${route + 1} ${params.key}`)
}

await run(service)
report({ port: Number(new URL(api.url).port) })
