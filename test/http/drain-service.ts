// A program that the drain tests start as a process of its own: `drain-service.ts <drain timeout>`. It writes its url,
// and one line for each handler that has begun.
import { setTimeout as sleep } from 'node:timers/promises'
import { configureLogging, run, Service } from 'tomodachi'
import { http } from 'tomodachi/http'

configureLogging({ logger: 'json', level: 'warning' })

const api = http({ port: 0, host: '127.0.0.1' })
const say = (line: string) => process.stdout.write(`${line}\n`)

await run(
  new Service({ drainTimeout: Number(process.argv[2] ?? 25_000) })
    .on(api.get('/fast'), () => 'fast')
    .on(api.get('/async'), async () => {
      await sleep(1)
      return 'async'
    })
    .on(api.get('/slow'), async () => {
      say('slow')
      await sleep(300)
      return 'slow'
    })
    .on(api.get('/stream'), async function* () {
      for (let piece = 0; piece < 6; piece++) {
        yield `${piece}`
        if (piece === 0) say('stream')
        await sleep(50)
      }
    })
    .on(api.get('/stuck'), async () => {
      say('stuck')
      await new Promise(() => {})
    }),
)
say(api.url)
