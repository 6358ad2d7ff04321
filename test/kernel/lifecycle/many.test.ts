// time limit: 400 s
// node: 24 only
// coverage: none
import { type MessageBus, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { memory } from 'tomodachi/memory'
import { schedule } from 'tomodachi/schedule'
import { websocket } from 'tomodachi/websocket'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deferred } from '../fake-adapter.ts'
import { quiet, started } from '../started.ts'

const many = suite('many handlers')
many.before(quiet)

const few = 1_500
const lots = 12_000

/** Processor time that it takes with so many handlers, in milliseconds. */
async function costOf(work: (count: number) => Promise<void>, count: number): Promise<number> {
  const begun = process.cpuUsage()
  await work(count)
  const { user, system } = process.cpuUsage(begun)
  return (user + system) / 1_000
}

/**
 * Eight times as many may take 32 times as long; where each looks at all others it would be 64. A second look decides
 * where the first has found more.
 */
async function growsLinearly(work: (count: number) => Promise<void>): Promise<void> {
  const small = Math.min(await costOf(work, few), await costOf(work, few))
  const allowed = 32 * small + 250
  const large = await costOf(work, lots)
  const judged = large < allowed ? large : await costOf(work, lots)
  assert.ok(judged < allowed, `${few} took ${small} ms, ${lots} took ${judged} ms`)
}

/** One service in which so many handlers are registered. */
function serviceOf(register: (service: Service, index: number) => void, count: number): Service {
  const service = new Service()
  for (let index = 0; index < count; index++) register(service, index)
  return service
}

const cases: Record<string, (count: number) => Service | Service[]> = {
  'the same interval': (count) => {
    const timer = schedule()
    return serviceOf((service) => service.on(timer.every('1h'), () => {}), count)
  },
  'the same cron expression in the same zone': (count) => {
    const timer = schedule({ timezone: 'Europe/Stockholm' })
    return serviceOf((service) => service.on(timer.cron('0 3 * * *'), () => {}), count)
  },
  'the same route': (count) => {
    const api = http({ port: 0, host: '127.0.0.1' })
    return serviceOf((service) => service.on(api.get('/same'), () => {}), count)
  },
  'the same path of websockets': (count) => {
    const ws = websocket(http({ port: 0, host: '127.0.0.1' }))
    return serviceOf((service) => service.on(ws.path('/same'), () => {}), count)
  },
  'queues of one topic': (count) => {
    const bus = memory()
    return serviceOf((service, index) => service.on(bus.topic('t', { queue: `q${index}` }), () => {}), count)
  },
  'topics without competition': (count) => {
    const bus = memory()
    return serviceOf(
      (service, index) => service.on(bus.topic(`t${index}`, { competing: false }), () => {}),
      count,
    )
  },
  'services of one name': (count) => {
    const bus = memory()
    return Array.from({ length: count }, (_, index) =>
      new Service({ name: 'same' }).on(bus.topic('t', { queue: `q${index}` }), () => {}),
    )
  },
}

for (const [name, make] of Object.entries(cases)) {
  many(`start and stop take their time in proportion: ${name}`, async () => {
    await growsLinearly(async (count) => {
      assert.is(await (await started(make(count))).stop(), 0)
    })
  })
}

many('a stop that waits for many busy handlers takes its time in proportion', async () => {
  await growsLinearly(async (count) => {
    const bus: MessageBus = memory()
    const [begun, end] = [deferred(), deferred()]
    let running = 0
    const service = serviceOf((service, index) => {
      service.on(bus.topic(`t${index}`), () => {
        if (++running === count) begun.resolve()
        return end.promise
      })
    }, count)
    const kernel = await started(service)
    for (let index = 0; index < count; index++) await bus.publish(`t${index}`, index)
    await begun.promise
    const stopped = kernel.stop()
    end.resolve()
    assert.is(await stopped, 0)
  })
})

many('every one of many equal handlers has an address of its own', async () => {
  const timer = schedule({ timezone: 'UTC' })
  const service = serviceOf((service) => service.on(timer.every('1h'), () => {}), 3)
    .on({ ...timer.every('1h'), address: '1h UTC#2' }, () => {})
    .on(timer.every('2h'), () => {})
  const addresses: string[] = []
  const kernel = await started(service)
  for (const actor of kernel.actors()) addresses.push(actor.address)
  await kernel.stop()
  assert.is(new Set(addresses).size, addresses.length)
})

many.run()
