import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { configureLogging, Kernel, Service, TomodachiError } from 'tomodachi'
import { memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const several = suite('several kernels')
several.before(() => configureLogging({ logger: 'disabled' }))

/** The exit code of a program in a process of its own. */
function exitCodeOf(program: string): number | null {
  const cwd = fileURLToPath(new URL('../../../', import.meta.url))
  const imports = `
    import { configureLogging, exit, run, Service } from 'tomodachi'
    import { memory } from 'tomodachi/memory'
    configureLogging({ logger: 'disabled' })
    const service = (hooks = {}) => new Service(hooks).on(memory().topic('t'), () => {})
  `
  const words = ['--input-type=module', '--eval', imports + program]
  return spawnSync(process.execPath, words, { cwd, timeout: 20_000 }).status
}

several('an adapter runs in one of them at a time', async () => {
  const bus = memory()
  const make = () => new Kernel([new Service().on(bus.topic('t'), () => {})], { ownsProcess: false })
  const first = await make().start()
  const error = await make()
    .start()
    .catch((reason: unknown) => reason)
  assert.ok(error instanceof TomodachiError && error.code === 'ADAPTER_ALREADY_RUNS')
  await first.stop()
  await (await make().start()).stop()
})

several('exit() ends them all, with the code that was asked for', () => {
  assert.is(exitCodeOf('await run(service()); await run(service()); exit(7)'), 7)
})

several('exit() without a code keeps the one that was asked for before', () => {
  assert.is(exitCodeOf('await run(service()); exit(7); exit()'), 7)
  assert.is(exitCodeOf('await run(service()); exit(7); exit(0)'), 0)
  assert.is(exitCodeOf('await run(service()); exit()'), 0)
})

several('a failure of one is not forgotten when the last one ends well', () => {
  const fails = "service({ onStop() { throw new Error('boom') } })"
  const slow = 'service({ onStop: () => new Promise((resolve) => setTimeout(resolve, 200)) })'
  assert.is(exitCodeOf(`await run(${fails}); await run(${slow}); exit()`), 1)
})

several.run()
