import { setTimeout as sleep } from 'node:timers/promises'
import { captureLogs, configureLogging, getLogger, Service } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fakeAdapter } from '../fake-adapter.ts'
import { type Logged, logged, quiet, started } from '../started.ts'

const log = suite('log below handlers')
log.before(quiet)
log.after.each(quiet)

const context = { handler: 'work', transport: 'fake', service: 'shop' }
const madeAtLoad = getLogger('billing', { currency: 'SEK' })

/** What the handler `work` of the service `shop` logs, and what is logged outside of it afterwards. */
async function logsOf(work: () => unknown, afterwards: () => void = () => undefined): Promise<Logged[]> {
  const adapter = fakeAdapter()
  const service = new Service({ name: 'shop' }).on(adapter.source('work'), () => work() as undefined, {
    name: 'work',
  })
  const kernel = await started(service)
  const records = logged('info')
  await adapter.send('work').settled
  afterwards()
  quiet()
  await kernel.stop()
  return records
}

const linesOf = (records: readonly Logged[]) =>
  records.map(({ message, fields }) => [message, fields] as const)

log(
  "without a name: the handler's logger, also after awaits and in what the handler has started",
  async () => {
    const records = await logsOf(async () => {
      getLogger().info('at once')
      await sleep(1)
      await (async () => getLogger(undefined, { depth: 1 }).info('deeper'))()
      await new Promise<void>((resolve) => {
        setTimeout(() => {
          getLogger().child({ depth: 2 }).info('on a timer')
          resolve()
        })
      })
    })
    const logger = { logger: 'tomodachi.fake.handler' }
    assert.equal(linesOf(records), [
      ['at once', { ...logger, ...context }],
      ['deeper', { ...logger, ...context, depth: 1 }],
      ['on a timer', { ...logger, ...context, depth: 2 }],
    ])
  },
)

log('with a name: its own name, the fields of the handler in front, its own ones win', async () => {
  const records = await logsOf(
    () => {
      getLogger('crm').info('named')
      getLogger('crm', { service: 'other' }).child({ id: 7 }).info('fields')
      madeAtLoad.info('made at load', { id: 8 })
    },
    () => {
      madeAtLoad.info('outside')
      getLogger().info('outside')
    },
  )
  assert.equal(linesOf(records), [
    ['named', { logger: 'crm', ...context }],
    ['fields', { logger: 'crm', ...context, service: 'other', id: 7 }],
    ['made at load', { logger: 'billing', ...context, currency: 'SEK', id: 8 }],
    ['outside', { logger: 'billing', currency: 'SEK' }],
    ['outside', { logger: 'tomodachi' }],
  ])
})

log("the library's own loggers carry what they say themselves", async () => {
  const records = await logsOf(() => {
    getLogger('tomodachi.memory').info('own')
    getLogger('tomodachi').info('own')
    getLogger('tomodachistic').info('not own')
  })
  assert.equal(
    records.map(({ fields }) => fields.handler),
    [undefined, undefined, 'work'],
  )
})

log('two handlers at once do not see the fields of each other', async () => {
  const adapter = fakeAdapter()
  const service = new Service({ name: 'shop' })
  for (const name of ['a', 'b']) {
    service.on(adapter.source(name), async () => {
      for (let round = 0; round < 5; round++) {
        await sleep(1)
        madeAtLoad.info(name)
      }
    })
  }
  const kernel = await started(service)
  const records = logged('info')
  await Promise.all(['a', 'b', 'a'].map((name) => adapter.send(name).settled))
  quiet()
  await kernel.stop()
  assert.is(records.length, 15)
  for (const { message, fields } of records) assert.is(fields.handler, message)
})

log('what others print below a handler carries its fields too', async () => {
  const undo = captureLogs({ warnings: false, uncaught: false })
  try {
    const records = await logsOf(
      async () => {
        await sleep(1)
        console.log('printed')
      },
      () => console.log('outside'),
    )
    assert.equal(linesOf(records), [
      ['printed', { logger: 'console', ...context }],
      ['outside', { logger: 'console' }],
    ])
  } finally {
    undo()
    configureLogging({ logger: 'disabled' })
  }
})

log.run()
