import { Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { report } from '../report.mjs'

const api = http({ port: 0, host: '127.0.0.1', accessLog: false })

export default new Service({
  name: 'bench',
  onStarted: () => report({ port: Number(new URL(api.url).port) }),
}).on(api.get('/hello'), () => 'hello world')
