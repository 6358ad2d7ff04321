import { type HookContext, type Kernel, Service } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deferred, fakeAdapter } from '../fake-adapter.ts'
import { failureOf, logged, quiet, started } from '../started.ts'

const context = suite('hook context')
context.before(quiet)

const names = ['onStart', 'onStarted', 'onStopping', 'onStop'] as const

/** Hooks that note what they were given. */
function noting(seen: [string, HookContext][]): Record<(typeof names)[number], (given: HookContext) => void> {
  const hook = (name: string) => (given: HookContext) => void seen.push([name, given])
  return {
    onStart: hook('onStart'),
    onStarted: hook('onStarted'),
    onStopping: hook('onStopping'),
    onStop: hook('onStop'),
  }
}

class Overriding extends Service {
  readonly seen: [string, HookContext][] = []

  override onStart(given: HookContext): void {
    this.seen.push(['onStart', given])
  }

  override async onStarted(given: HookContext): Promise<void> {
    this.seen.push(['onStarted', given])
  }

  override onStopping(given: HookContext): void {
    this.seen.push(['onStopping', given])
  }

  override onStop(given: HookContext): void {
    this.seen.push(['onStop', given])
  }
}

context(
  'each hook, as an option and as a method, is given the kernel that runs it, and a logger',
  async () => {
    const asOptions: [string, HookContext][] = []
    const overriding = new Overriding({ name: 'methods', adapters: [fakeAdapter()] })
    const services = [
      new Service({ name: 'options', adapters: [fakeAdapter()], ...noting(asOptions) }),
      overriding,
    ]
    const kernel = await started(services)
    await kernel.stop()
    for (const [service, seen] of [
      ['options', asOptions],
      ['methods', overriding.seen],
    ] as const) {
      assert.equal(
        seen.map(([name]) => name),
        names,
      )
      for (const [hook, given] of seen) {
        assert.is(given.kernel, kernel)
        const records = logged()
        given.log.info('noted', { more: 1 })
        quiet()
        const fields = { logger: 'tomodachi.service', service, hook, more: 1 }
        assert.equal(records, [{ level: 'info', message: 'noted', fields }])
      }
    }
  },
)

context('a service that runs again is given its new kernel', async () => {
  const seen: [string, HookContext][] = []
  const service = new Service({ adapters: [fakeAdapter()], ...noting(seen) })
  const kernels: Kernel[] = []
  for (let times = 0; times < 2; times++) {
    const kernel = await started(service)
    kernels.push(kernel)
    await kernel.stop()
  }
  const given = seen.map(([, { kernel }]) => kernel)
  assert.ok(given.slice(0, 4).every((kernel) => kernel === kernels[0]))
  assert.ok(given.slice(4).every((kernel) => kernel === kernels[1]))
})

for (const name of ['onStart', 'onStarted'] as const) {
  context(`kernel.stop() in ${name} stops what has started, with the code that it is given`, async () => {
    const stop = ({ kernel }: HookContext) => void kernel.stop(7)
    const kernels = deferred<Kernel>()
    const service = new Service({
      adapters: [fakeAdapter()],
      [name]: (given: HookContext) => {
        kernels.resolve(given.kernel)
        stop(given)
      },
    })
    assert.is((await failureOf(started(service))).code, 'STOPPED_WHILE_STARTING')
    assert.is(await (await kernels.promise).stopped, 7)
  })
}

context('the state and readiness of the kernel are those of the moment', async () => {
  const seen: [string, string, boolean][] = []
  const see =
    (name: string) =>
    ({ kernel }: HookContext) =>
      void seen.push([name, kernel.state, kernel.ready])
  const service = new Service({
    adapters: [fakeAdapter()],
    onStart: see('onStart'),
    onStarted: see('onStarted'),
    onStopping: see('onStopping'),
    onStop: see('onStop'),
  })
  await (await started(service)).stop()
  assert.equal(seen, [
    ['onStart', 'starting', false],
    ['onStarted', 'starting', false],
    ['onStopping', 'stopping', false],
    ['onStop', 'draining', false],
  ])
})

context.run()
