import { type Adapter, Kernel, Service, TomodachiError } from 'tomodachi'
import { memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deferred, fakeAdapter, turn } from '../fake-adapter.ts'
import { failureOf, logged, quiet, started } from '../started.ts'

const adapters = suite('adapters')
adapters.before(quiet)

adapters('two services that share an adapter start it once, with the actors of both', async () => {
  const adapter = fakeAdapter()
  const kernel = await started([
    new Service({ name: 'one' }).on(adapter.source('a'), () => 1),
    new Service({ name: 'two' }).on(adapter.source('b'), () => 2),
  ])
  assert.equal(
    adapter.actors.map(({ service, source }) => [service.name, source.address]),
    [
      ['one', 'a'],
      ['two', 'b'],
    ],
  )
  await kernel.stop()
  assert.equal(adapter.calls, ['start', 'pause', 'close'])
})

adapters('an adapter without handlers is started when a service names it', async () => {
  const bus = memory()
  const service = new Service({ adapters: [bus] })
  assert.is((await failureOf(bus.publish('order.created', {}))).code, 'ADAPTER_NOT_STARTED')
  const kernel = await started(service)
  await bus.publish('order.created', {})
  await kernel.stop()
  assert.is((await failureOf(bus.publish('order.created', {}))).code, 'ADAPTER_NOT_STARTED')
})

adapters('views of one adapter are started as that adapter, once', async () => {
  const core = fakeAdapter()
  const view: Adapter = { ...core, origin: core }
  const kernel = await started(
    new Service({ adapters: [view] })
      .on(core.source('a'), () => 'a')
      .on({ ...core.source('b'), adapter: view }, () => 'b'),
  )
  assert.is(core.actors.length, 2)
  assert.equal(Object.keys(kernel.adapterContexts()), ['fake'])
  await kernel.stop()
  assert.equal(core.calls, ['start', 'pause', 'close'])
})

adapters('bus.use(middleware) is the same bus: published to one, received by the other', async () => {
  const bus = memory()
  const audited = bus.use(async (_, next) => next({ audited: true }))
  const seen = deferred<unknown[]>()
  const values: unknown[] = []
  const see = (value: unknown) => {
    if (values.push(value) === 2) seen.resolve(values)
  }
  const service = new Service()
    .on(audited.topic('order.created', { queue: 'audit' }), ({ audited, data }) => see([audited, data]))
    .on(bus.topic('order.created', { queue: 'billing' }), ({ data }) => see(data))
  const kernel = await started(service)
  await audited.publish('order.created', 1)
  assert.equal(await seen.promise, [[true, 1], 1])
  await kernel.stop()
})

adapters('one that fails to start strands no other: all are closed, and every failure is told', async () => {
  const slow = deferred()
  const good = fakeAdapter({ name: 'good', on: { start: () => slow.promise } })
  const bad = fakeAdapter({ name: 'bad', on: { start: () => Promise.reject(new Error('no broker')) } })
  const worse = fakeAdapter({
    name: 'worse',
    on: {
      start: () => {
        throw new Error('no settings')
      },
    },
  })
  const records = logged('error')
  const kernel = new Kernel([new Service({ adapters: [good, bad, worse] })], { ownsProcess: false })
  const starting = failureOf(kernel.start())
  await turn()
  assert.is(kernel.state, 'starting', 'the failure waits for the others: each start comes to its end')
  slow.resolve()
  assert.is((await starting).message, 'no broker')
  quiet()
  assert.match(JSON.stringify(records), /no settings/)
  assert.equal(good.calls, ['start', 'pause', 'close'])
  assert.equal(bad.calls, ['start', 'close'])
  assert.equal(worse.calls, ['start', 'close'])
  assert.is(await kernel.stopped, 1)
})

for (const step of ['pause', 'close'] as const) {
  for (const way of ['throws', 'rejects'] as const) {
    adapters(`one whose ${step} ${way} strands no other, and the exit code is 1`, async () => {
      const broken: Adapter = {
        name: 'broken',
        start: async () => {},
        pause: async () => {},
        close: async () => {},
        [step]: () => {
          if (way === 'throws') throw new Error('no channel')
          return Promise.reject(new Error('no channel'))
        },
      }
      const good = fakeAdapter()
      const kernel = await started(new Service({ adapters: [broken, good] }))
      const records = logged('error')
      assert.is(await kernel.stop(), 1)
      quiet()
      assert.equal(good.calls, ['start', 'pause', 'close'])
      assert.match(JSON.stringify(records), /no channel/)
    })
  }
}

adapters('one that connects while the service stops is paused, and its work is waited for', async () => {
  const connected = deferred()
  const work = deferred()
  const late = fakeAdapter({
    on: {
      start: async () => {
        await connected.promise
        late.send('work')
      },
    },
  })
  const kernel = new Kernel([new Service().on(late.source('work'), () => work.promise)], {
    ownsProcess: false,
  })
  const starting = failureOf(kernel.start())
  await turn()
  const stopped = kernel.stop()
  await turn()
  assert.is(kernel.state, 'stopping', 'the start comes to its end first')
  connected.resolve()
  await turn()
  assert.equal(late.calls, ['start', 'pause'], 'not closed with work in flight')
  work.resolve()
  assert.is(await stopped, 0)
  assert.is((await starting).code, 'STOPPED_WHILE_STARTING')
})

adapters('readiness: while started, and every adapter says so', async () => {
  let ready = false
  const consumer: Adapter = {
    ...fakeAdapter(),
    get ready() {
      return ready
    },
  }
  const kernel = new Kernel([new Service({ adapters: [consumer, fakeAdapter()] })], { ownsProcess: false })
  assert.is(kernel.ready, false)
  await kernel.start()
  assert.is(kernel.ready, false)
  ready = true
  assert.is(kernel.ready, true)
  const stopped = kernel.stop()
  assert.is(kernel.ready, false)
  await stopped
})

adapters('a service cannot run twice at once; another kernel may run it afterwards', async () => {
  const adapter = fakeAdapter()
  const service = new Service({ name: 'orders' }).on(adapter.source('a'), () => {})
  const kernel = await started(service)
  const failure = await failureOf(started(service))
  assert.ok(failure instanceof TomodachiError && failure.code === 'SERVICE_ALREADY_RUNS')
  assert.match(failure.message, 'orders')
  assert.is((await failureOf(kernel.start())).code, 'SERVICE_ALREADY_RUNS')
  await kernel.stop()
  const again = await started(service)
  assert.is(again.state, 'started')
  await again.stop()
})

adapters('a kernel lives once', async () => {
  const stopped = await started(new Service({ adapters: [fakeAdapter()] }))
  await stopped.stop()
  assert.is((await failureOf(stopped.start())).code, 'KERNEL_STOPPED')
  const never = new Kernel([new Service({ adapters: [fakeAdapter()] })], { ownsProcess: false })
  assert.is(await never.stop(), 0)
  assert.is((await failureOf(never.start())).code, 'KERNEL_STOPPED')
})

adapters('no services, or a service that could never do anything, are errors', async () => {
  const none = await failureOf((async () => new Kernel([]))())
  assert.is(none.code, 'NO_SERVICES')
  const idle = await failureOf(started(new Service({ name: 'idle' })))
  assert.is(idle.code, 'NO_HANDLERS')
  assert.match(idle.message, 'idle')
})

adapters.run()
