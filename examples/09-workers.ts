// Workers: two processes on one port. Kill one of them and it is replaced; send SIGHUP to the command, and they are
// replaced one after the other, without a request that fails.
// Run it: npx tomodachi run --workers 2 examples/09-workers.ts
// Try it: curl http://127.0.0.1:9700
// Ask a few times: both processes answer.
import { Service } from 'tomodachi'
import { http } from 'tomodachi/http'

const api = http({ port: Number(process.env.PORT ?? 9700) })
let answered = 0

export default new Service({ name: 'workers' }).on(api.get('/'), () => {
  answered++
  return { body: { pid: process.pid, answered } }
})
