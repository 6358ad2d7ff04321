import { exit, getContext, getService, Kernel, run, Service, topic } from 'tomodachi'
import { http } from 'tomodachi/http'
import { memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deferred, fakeAdapter, turn } from '../fake-adapter.ts'
import { failureOf, quiet, started, thrownBy } from '../started.ts'

const misuse = suite('the API at the wrong time')
misuse.before(quiet)

const notCodes = [1.5, -1, 256, Number.NaN, Number.POSITIVE_INFINITY, 'x', '1', null, {}, true, 1n] as never[]

for (const code of notCodes) {
  misuse(`an exit code of ${typeof code} ${String(code)} is refused at once, and nothing stops`, async () => {
    const kernel = await started(new Service({ adapters: [fakeAdapter()] }))
    for (const call of [
      () => exit(code),
      () => kernel.exit(code),
      () => kernel.stop(code),
      () => kernel.force(code),
    ]) {
      const { code, message } = await thrownBy(call)
      assert.is(code, 'OPTION_INVALID')
      assert.match(message, /exit.* must be a whole number from 0 to 255, not /)
    }
    await turn()
    assert.is(kernel.state, 'started')
    assert.is(await kernel.stop(255), 255)
  })
}

misuse('exit(1.5) in a handler reaches the handler, and the service goes on', async () => {
  const api = http({ port: 0 })
  const service = new Service().on(api.get('/wrong'), () => exit(1.5)).on(api.get('/'), () => 'still here')
  const kernel = await started(service)
  assert.is((await fetch(`${api.url}/wrong`)).status, 500)
  assert.is(await (await fetch(api.url)).text(), 'still here')
  await kernel.stop()
})

misuse('exit(x) is refused too where nothing runs', async () => {
  assert.is((await thrownBy(() => exit('x' as never))).code, 'OPTION_INVALID')
})

misuse('on() while the service runs is an error; before and after it registers', async () => {
  const adapter = fakeAdapter()
  const late = () => service.on(adapter.source('late'), () => {})
  const inHook: string[] = []
  const service: Service = new Service({
    name: 'orders',
    async onStart() {
      inHook.push((await thrownBy(late)).code ?? '')
    },
  }).on(adapter.source('work'), () => {})
  const kernel = await started(service)
  const { code, message } = await thrownBy(late)
  assert.is(code, 'SERVICE_STARTED')
  assert.is(
    message,
    'the service orders is already running, so on(late) would have no effect; register handlers before run()',
  )
  assert.equal(inHook, ['SERVICE_STARTED'])
  await kernel.stop()
  late()
  const again = await started(service)
  await adapter.send('late').settled
  await again.stop()
})

misuse('on() with what is no source or no handler', async () => {
  const adapter = fakeAdapter()
  const service = new Service()
  for (const [source, handler, expected] of [
    [undefined, () => {}, /on\(source\) must be a source.*, not undefined/],
    [undefined, undefined, /on\(source\) must be a source/],
    ['/x', () => {}, /on\(source\) must be a source.*, not "\/x"/],
    [adapter.source('work'), 'x', /on\(work, handler\) must be a function, not "x"/],
    [adapter.source('work'), null, /on\(work, handler\) must be a function, not null/],
    [adapter.source('work'), undefined, /on\(work, handler\) must be a function, not undefined/],
  ] as const) {
    const { code, message } = await thrownBy(() => service.on(source as never, handler as never))
    assert.is(code, 'OPTION_INVALID')
    assert.match(message, expected)
  }
  assert.is(service.registrations.length, 0)
})

class Orders extends Service {}

for (const [what, services, code, hint] of [
  ['nothing', [], 'NO_SERVICES', ''],
  [
    'undefined',
    [undefined],
    'SERVICE_INVALID',
    'but got undefined; is it exported where it is imported from?',
  ],
  ['null', [null], 'SERVICE_INVALID', 'but got null'],
  ['an array', [[new Service()]], 'SERVICE_INVALID', 'but got an array of 1; write run(...services)'],
  ['a class', [Orders], 'SERVICE_INVALID', 'but got a function; write run(new Orders())'],
  ['a function', [() => new Service()], 'SERVICE_INVALID', 'but got a function; call it'],
  ['a promise', [Promise.resolve(new Service())], 'SERVICE_INVALID', '; await it'],
  ['a module', [{ default: new Service() }], 'SERVICE_INVALID', 'an object with the keys default'],
  ['a text', ['orders'], 'SERVICE_INVALID', 'but got "orders"'],
] as const) {
  misuse(`run() of ${what} is an error at once`, async () => {
    const failure = await failureOf(run(...(services as unknown as never[])))
    assert.is(failure.code, code)
    assert.ok(failure.message.includes(hint), failure.message)
    assert.is((await thrownBy(() => new Kernel(services as never))).code, code)
  })
}

misuse('new Kernel(service) without an array', async () => {
  const failure = await thrownBy(() => new Kernel(new Service() as never))
  assert.is(failure.code, 'SERVICE_INVALID')
  assert.match(failure.message, /; put it into an array$/)
})

misuse('a service that is given twice, and one that runs already', async () => {
  const service = new Service({ name: 'orders', adapters: [fakeAdapter()] })
  const twice = await failureOf(run(service, new Service({ adapters: [fakeAdapter()] }), service))
  assert.equal(
    [twice.code, twice.message],
    ['SERVICE_TWICE', 'the service orders was passed twice; pass each service once'],
  )
  const kernel = await started(service)
  assert.is((await failureOf(kernel.start())).code, 'SERVICE_ALREADY_RUNS')
  assert.is((await failureOf(started(service))).code, 'SERVICE_ALREADY_RUNS')
  assert.equal(await Promise.all([kernel.stop(), kernel.stop(), kernel.stopped]), [0, 0, 0])
  assert.is(await kernel.stop(3), 0, 'it has stopped already')
  assert.is((await failureOf(kernel.start())).code, 'KERNEL_STOPPED')
})

misuse('await kernel.stop() in a handler: an error at once, and the stop goes on', async () => {
  const bus = memory()
  const caught = deferred<Error & { code?: string }>()
  let kernel: Kernel | undefined
  const service = new Service({ name: 'orders' }).on(bus.topic('end', { queue: 'ends' }), async () => {
    caught.resolve(await failureOf((kernel as Kernel).stop(4)))
  })
  kernel = await started(service)
  await bus.publish('end', {})
  const { code, message } = await caught.promise
  assert.is(code, 'STOP_AWAITED')
  assert.match(
    message,
    /^the handler of memory .+ cannot await kernel\.stop\(\), because the stop waits for it/,
  )
  assert.is(await kernel.stopped, 4)
})

for (const hook of ['onStart', 'onStarted', 'onStopping', 'onStop'] as const) {
  misuse(`await kernel.stop() in ${hook}: an error at once, and the stop goes on`, async () => {
    const caught: (string | undefined)[] = []
    const kernel: Kernel = new Kernel(
      [
        new Service({
          adapters: [fakeAdapter()],
          async [hook]() {
            const { code, message } = await failureOf(kernel.stop())
            caught.push(code, message)
          },
        }),
      ],
      { ownsProcess: false },
    )
    const isEarly = hook === 'onStart' || hook === 'onStarted'
    if (isEarly) assert.is((await failureOf(kernel.start())).code, 'STOPPED_WHILE_STARTING')
    else await kernel.start()
    assert.is(await kernel.stop(), 0)
    assert.is(caught[0], 'STOP_AWAITED')
    assert.match(caught[1] ?? '', new RegExp(`^${hook} of service cannot await kernel.stop`))
  })
}

misuse('kernel.stop() without await in a handler or a hook stops, and says nothing', async () => {
  const unhandled: unknown[] = []
  const note = (error: unknown) => void unhandled.push(error)
  process.on('unhandledRejection', note)
  const adapter = fakeAdapter()
  const kernels: Kernel[] = []
  const service = new Service().on(adapter.source('end'), () => void kernels[0]?.stop(5))
  kernels.push(await started(service))
  const { settled } = adapter.send('end')
  assert.is((await settled).state, 'acked')
  assert.is(await kernels[0]?.stopped, 5)
  const early = new Kernel([new Service({ adapters: [fakeAdapter()], onStart: () => void early.stop(6) })], {
    ownsProcess: false,
  })
  await failureOf(early.start())
  assert.is(await early.stopped, 6)
  await turn()
  process.off('unhandledRejection', note)
  assert.equal(unhandled, [])
})

misuse('what a handler or a hook has left behind may wait for the stop', async () => {
  const adapter = fakeAdapter()
  const [go, began] = [deferred(), deferred()]
  const ends: Promise<number>[] = []
  const afterwards = async () => {
    await go.promise
    return (kernel as Kernel).stop(8)
  }
  let kernel: Kernel | undefined
  const service = new Service({ onStart: () => void ends.push(afterwards()) }).on(
    adapter.source('begin'),
    () => {
      ends.push(afterwards())
      began.resolve()
    },
  )
  kernel = await started(service)
  await adapter.send('begin').settled
  await began.promise
  go.resolve()
  assert.equal(await Promise.all(ends), [8, 8])
})

misuse('a handler may wait for another kernel to stop', async () => {
  const adapter = fakeAdapter()
  const other = await started(new Service({ adapters: [fakeAdapter()] }))
  const kernel = await started(new Service().on(adapter.source('end'), () => other.stop(9)))
  assert.equal(await adapter.send('end').settled, { state: 'acked', reply: 9 })
  await kernel.stop()
})

misuse('publishing before the start and after the stop, and asking outside of handlers', async () => {
  const bus = memory()
  const created = topic<{ id: number }>('order.created')
  const publish = () => bus.publish(created, { id: 1 })
  assert.is((await failureOf(publish())).code, 'ADAPTER_NOT_STARTED')
  assert.equal([getContext().adapters, getService()], [{}, undefined])
  const kernel = await started(new Service({ name: 'orders', adapters: [bus] }))
  await publish()
  assert.equal([Object.keys(getContext().adapters), getService()?.name], [['memory'], 'orders'])
  await kernel.stop()
  assert.is((await failureOf(publish())).code, 'ADAPTER_NOT_STARTED')
})

misuse.run()
