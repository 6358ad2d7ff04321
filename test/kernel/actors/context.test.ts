import { createRequire } from 'node:module'
import { exit, getContext, getService, Kernel, type Next, Service } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deferred, fakeAdapter, turn } from '../fake-adapter.ts'
import { logged, quiet, started } from '../started.ts'

const context = suite('context')
context.before(quiet)

context(
  'a handler is given envelope, address, service, signal and log beside the values of its source',
  async () => {
    const adapter = fakeAdapter()
    const service = new Service({ name: 'orders' }).on(
      adapter.source<{ readonly id: number }>('work'),
      ({ id, envelope, address, service, signal, log }) => ({
        id,
        envelope: envelope.id,
        address,
        service,
        aborted: signal.aborted,
        log: log.name,
      }),
    )
    const kernel = await started(service)
    const settlement = await adapter.send('work', { id: 1 }, { id: 'e1' }).settled
    assert.equal(
      { ...(settlement as { reply: object }).reply, service: undefined },
      {
        id: 1,
        envelope: 'e1',
        address: 'fake work',
        service: undefined,
        aborted: false,
        log: 'tomodachi.fake.handler',
      },
    )
    assert.is((settlement as { reply: { service: unknown } }).reply.service, service)
    await kernel.stop()
  },
)

context(
  'a source may copy what arrived itself, name by name; middleware still cannot add what arrived',
  async () => {
    const adapter = fakeAdapter()
    type Given = { readonly id: number; readonly hidden: number }
    const fill = (context: { id: number }, { id }: Given) => {
      context.id = id
    }
    const seen: object[] = []
    const service = new Service()
      .on(adapter.source<Given>('work', { fill } as object), (given) => void seen.push({ ...given }), {
        use: [async (_: object, next: Next) => next({ added: true })],
      })
      .on(adapter.source<Given>('forged', { fill } as object), () => {}, {
        use: [async (_: object, next: Next) => next({ hidden: 2 })],
      })
    const kernel = await started(service)
    await adapter.send('work', { id: 1, hidden: 1 }).settled
    assert.equal(seen, [{ id: 1, added: true }])
    const forged = await adapter.send('forged', { id: 1, hidden: 1 }).settled
    assert.is((forged as { error?: { code: string } }).error?.code, 'MIDDLEWARE_OVERRIDE')
    await kernel.stop()
  },
)

context('the logger of a handler carries handler, transport and service', async () => {
  const adapter = fakeAdapter()
  const service = new Service({ name: 'orders' })
    .on(adapter.source('a'), function placeOrder({ log }) {
      log.info('named by its function')
    })
    .on(adapter.source('b'), ({ log }) => log.info('named by its source'))
    .on(adapter.source('c'), ({ log }) => log.info('named by the option'), { name: 'cancel' })
  const kernel = await started(service)
  const records = logged('info')
  for (const address of ['a', 'b', 'c']) adapter.send(address)
  quiet()
  assert.equal(
    records.map(({ fields }) => [fields.handler, fields.transport, fields.service]),
    ['placeOrder', 'b', 'cancel'].map((handler) => [handler, 'fake', 'orders']),
  )
  await kernel.stop()
})

context('getService: in a handler its own service, also after an await; by name any that runs', async () => {
  const adapter = fakeAdapter()
  const seen: unknown[] = []
  const first: Service = new Service({ name: 'first' }).on(adapter.source('work'), async () => {
    seen.push(getService())
    await turn()
    seen.push(getService(), getService('second'), getService('first'), getService('third'))
  })
  const second = new Service({ name: 'second', adapters: [adapter] })
  const kernel = await started([first, second])
  await adapter.send('work').settled
  assert.equal(
    seen.map((service) => (service as Service | undefined)?.name),
    ['first', 'first', 'second', 'first', undefined],
  )
  assert.is(seen[0], first)
  await kernel.stop()
})

context('getService: outside of handlers the one that was started last, while it runs', async () => {
  assert.is(getService(), undefined)
  const one = new Service({ name: 'one', adapters: [fakeAdapter()] })
  const two = new Service({ name: 'two', adapters: [fakeAdapter()] })
  const first = await started(one)
  const second = await started(two)
  assert.is(getService(), two)
  assert.is(getService('one'), one)
  await second.stop()
  assert.is(getService(), one)
  assert.is(getService('two'), undefined)
  await first.stop()
  assert.is(getService(), undefined)
})

context('getContext: facts about the process, and what each adapter has to do', async () => {
  const adapter = fakeAdapter()
  const idle = fakeAdapter({ name: 'idle' })
  const work = deferred()
  const service = new Service({ adapters: [idle] }).on(adapter.source('work'), () => work.promise)
  const kernel = new Kernel([service], { ownsProcess: false })
  assert.equal(getContext().adapters, {})
  const starting = kernel.start()
  const nothing = { enabled: false, currentTasks: 0, totalTasks: 0 }
  assert.equal(getContext().adapters, { fake: nothing, idle: nothing })
  await starting
  adapter.send('work')
  const { adapters, ...facts } = getContext()
  assert.equal(adapters, {
    fake: { enabled: true, currentTasks: 1, totalTasks: 1 },
    idle: { enabled: true, currentTasks: 0, totalTasks: 0 },
  })
  const own = createRequire(import.meta.url)('tomodachi/package.json') as { version: string }
  assert.equal(facts, {
    version: own.version,
    runtime: `node ${process.versions.node}`,
    platform: `${process.platform} ${process.arch}`,
    pid: process.pid,
    worker: undefined,
    startTime: new Date(performance.timeOrigin).toISOString(),
    cwd: process.cwd(),
    ready: true,
  })
  work.resolve()
  await turn()
  assert.equal(getContext().adapters.fake, { enabled: true, currentTasks: 0, totalTasks: 1 })
  await kernel.stop()
  assert.equal(getContext().adapters, {})
})

context('getContext: ready is what the kernels say at that moment; false when none runs', async () => {
  const seen: unknown[] = [getContext().ready]
  const see = () => void seen.push(getContext().ready)
  const hooks = { onStart: see, onStarted: see, onStopping: see, onStop: see }
  const attached = { ...fakeAdapter(), ready: true }
  const kernel = await started(new Service({ ...hooks, adapters: [attached] }))
  for (const ready of [true, false, true]) {
    attached.ready = ready
    assert.equal([getContext().ready, kernel.ready], [ready, ready])
  }
  const other = new Kernel([new Service({ adapters: [fakeAdapter()] })], { ownsProcess: false })
  const starting = other.start()
  assert.is(getContext().ready, false, 'of several kernels, one is still starting')
  await starting
  assert.is(getContext().ready, true)
  await other.stop()
  assert.is(getContext().ready, true)
  await kernel.stop()
  seen.push(getContext().ready)
  assert.equal(seen, Array(6).fill(false))
})

context('exit in a handler returns at once, and stops every kernel with the code', async () => {
  const adapter = fakeAdapter()
  let returned = false
  const service = new Service().on(adapter.source('work'), async () => {
    exit(7)
    await turn()
    returned = true
  })
  const kernel = await started(service)
  const other = await started(new Service({ adapters: [fakeAdapter()] }))
  assert.is((await adapter.send('work').settled).state, 'acked')
  assert.equal(await Promise.all([kernel.stopped, other.stopped]), [7, 7])
  assert.is(returned, true)
})

context.run()
