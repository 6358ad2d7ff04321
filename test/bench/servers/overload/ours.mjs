import { pbkdf2Sync } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { configureLogging, run, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { report } from '../report.mjs'

configureLogging({ level: 'error' })

const [wait = '0', overload = ''] = process.argv.slice(2)
const api = http({
  port: 0,
  host: '127.0.0.1',
  accessLog: false,
  keepaliveTimeout: '5m',
  overload: overload === '' ? undefined : JSON.parse(overload),
})

/** Some milliseconds of computing. */
const compute = () => pbkdf2Sync('password', 'salt', 16_000, 32, 'sha256').toString('hex')

const service = new Service({ name: 'bench' })
  .on(
    api.get('/work'),
    wait === '0'
      ? compute
      : async () => {
          await sleep(Number(wait))
          return compute()
        },
  )
  .on(api.get('/live', { shed: false }), () => 'live')

await run(service)
report({ port: Number(new URL(api.url).port) })
