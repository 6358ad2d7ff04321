import { configureLogging, run, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { report } from '../report.mjs'

configureLogging({ level: 'error' })

const api = http({ port: 0, host: '127.0.0.1', accessLog: false })

await run(new Service({ name: 'bench' }).on(api.get('/hello'), () => 'hello world'))
report({ port: Number(new URL(api.url).port) })
