// A program that the drain tests start as a process of its own: `drain-service.ts <settings as JSON>`. It writes its url,
// and one line for each handler that has begun; `/slow` is answered once a line has come in. As a cluster, then a line `worker <pid>` for each of its processes.
import cluster from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { configureLogging, run, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import type { DrainSettings } from './draining.ts'

configureLogging({ logger: 'json', level: 'warning' })

const settings = JSON.parse(process.argv[2] ?? '{}') as DrainSettings
const api = http({ port: 0, host: '127.0.0.1', ...settings.http })
const say = (line: string) => process.stdout.write(`${line}\n`)
const released = new Promise<void>((resolve) => process.stdin.once('data', () => resolve()))
process.stdin.unref()

if (settings.workers && cluster.isPrimary) {
  // Each process accepts for itself: a connection that is handed on to one that ends would be lost.
  cluster.schedulingPolicy = cluster.SCHED_NONE
  const workers = Array.from({ length: settings.workers }, () => cluster.fork())
  const addresses = await Promise.all(workers.map((worker) => once(worker, 'listening')))
  say(`http://127.0.0.1:${addresses[0]?.[0].port}`)
  for (const worker of workers) say(`worker ${worker.process.pid}`)
} else {
  await run(
    new Service({ drainTimeout: settings.drainTimeout ?? 25_000 })
      .on(api.get('/fast'), () => 'fast')
      .on(api.get('/async'), async () => {
        await sleep(1)
        return 'async'
      })
      .on(api.get('/slow'), async () => {
        say('slow')
        await released
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
  if (!cluster.isWorker) say(api.url)
}
