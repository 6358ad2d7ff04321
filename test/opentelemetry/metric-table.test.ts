import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BatchFailure, configureLogging, Kernel, manualClock, Service } from 'tomodachi'
import { client, http } from 'tomodachi/http'
import { memory } from 'tomodachi/memory'
import { opentelemetry } from 'tomodachi/opentelemetry'
import { schedule } from 'tomodachi/schedule'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ROOT } from '../architecture/sources.ts'
import { failureOf } from '../http/serving.ts'
import { deferred } from '../kernel/fake-adapter.ts'
import { until } from '../until.ts'
import { keepMetrics, numberOf, readAll, valuesOf } from './meters.ts'

const table = suite('opentelemetry: table of metrics')
table.before(() => configureLogging({ logger: 'disabled' }))

const document = readFileSync(join(ROOT, 'adapters/opentelemetry/README.md'), 'utf8')

/** The rows of the table: what a reader is promised. */
const promised = [...document.matchAll(/^\| `([a-z][\w.]+)` \| (\w+) \| (\S+) \| (.*) \| (.+) \|$/gm)].map(
  ([, name = '', instrument, unit, attributes = '', description]) => {
    const names = [...attributes.matchAll(/`([\w.]+)`/g)].map(([, attribute]) => attribute)
    return { name, instrument, unit, attributes: names.sort(), description }
  },
)

/** Does everything that is measured, with and without success. */
async function everything(): Promise<void> {
  const clock = manualClock()
  const timer = schedule({ clock })
  const [api, bus] = [http({ port: 0 }), memory()]
  const single = http({ port: 0, overload: { maxInFlight: 1 } })
  const [tick, held] = [deferred(), deferred()]
  const retry = { attempts: 2, backoff: () => 0 }
  const service = new Service({ adapters: [opentelemetry({ traces: false })], drainTimeout: 30 })
    .on(api.get('/fails'), () => {
      throw new Error('no')
    })
    .on(single.get('/self'), async () => {
      await fetch(`${single.url}/self`)
    })
    .on(bus.topic('work', { queue: 'work', retry }), () => {
      throw new BatchFailure([])
    })
    .on(bus.topic('held'), () => held.promise)
    .on(timer.every('1s'), () => tick.promise)
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  const calls = client(api.url, { retry: { attempts: 1 } })
  const caller = new Service({ adapters: [calls, opentelemetry({ traces: false })] })
  const other = await new Kernel([caller], { ownsProcess: false }).start()
  await calls.get('/fails', { throwOnError: false })
  await fetch(`${single.url}/self`)
  await bus.publish('work', {})
  await bus.publish('held', {})
  await failureOf(() => bus.publish('work', 1n))
  await clock.advance(3_000)
  await until(async () => (await valuesOf('tomodachi.dead_letters')).some(([count]) => count === 1))
  await until(async () => (await numberOf('nodejs.eventloop.delay.max')) !== undefined)
  tick.resolve()
  await kernel.stop()
  held.resolve()
  await until(async () => (await valuesOf('tomodachi.late_settlements')).some(([count]) => count === 1))
  await other.stop()
}

table('it has each metric with its instrument, unit, attributes and meaning, and no other', async () => {
  keepMetrics()
  await everything()
  const measured = (await readAll()).map(({ name, instrument, unit, description, points }) => {
    const attributes = [...new Set(points.flatMap((point) => Object.keys(point.attributes)))]
    return { name, instrument, unit, attributes: attributes.sort(), description }
  })
  const byName = (one: { name: string }, other: { name: string }) => (one.name < other.name ? -1 : 1)
  assert.equal([...promised].sort(byName), [...measured].sort(byName))
  assert.is(promised.length, 23)
})

table.run()
