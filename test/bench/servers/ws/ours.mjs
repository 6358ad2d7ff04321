import { configureLogging, run, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { websocket } from 'tomodachi/websocket'
import { collected } from '../memory.mjs'
import { report } from '../report.mjs'

configureLogging({ level: 'error' })

const api = http({ port: 0, host: '127.0.0.1', accessLog: false })
const ws = websocket(api, { accessLog: false })

const service = new Service({ name: 'bench' }).on(ws.path('/'), ({ socket }) => ({
  message: (data) => socket.send(data),
}))

await run(service)
report({ port: Number(new URL(api.url).port) }, { collected })
