import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kernel, manualClock, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Deferred, deferred, fakeAdapter, turn } from '../fake-adapter.ts'
import { leftBehind, stoppedAtDeadlines } from '../left-behind.ts'
import { failureOf, quiet, started } from '../started.ts'

const late = suite('late ends')
late.before(quiet)

for (const [how, end] of [
  ['resolves', (start: Deferred) => start.resolve()],
  ['rejects', (start: Deferred) => start.reject(new Error('too late'))],
] as const) {
  late(`a start that ${how} after its kernel was stopped leaves the next run alone`, async () => {
    const starts = [deferred(), deferred()]
    let count = 0
    const adapter = fakeAdapter({ on: { start: () => starts[count++]?.promise ?? Promise.resolve() } })
    const service = new Service().on(adapter.source('work'), () => 'done')
    await leftBehind(service)
    assert.equal(adapter.calls, ['start', 'close'])
    starts[1]?.resolve()
    const kernel = await started(service)
    end(starts[0] as Deferred)
    for (let turns = 0; turns < 5; turns++) await turn()
    assert.equal(adapter.calls, ['start', 'close', 'start'])
    assert.is(kernel.ready, true)
    assert.equal(await adapter.send('work').settled, { state: 'acked', reply: 'done' })
    await kernel.stop()
    assert.equal(adapter.calls, ['start', 'close', 'start', 'pause', 'close'])
  })

  late(
    `a start that ${how} after its kernel was stopped is closed when nobody runs the adapter`,
    async () => {
      const start = deferred()
      const adapter = fakeAdapter({ on: { start: () => start.promise } })
      await leftBehind(new Service({ adapters: [adapter] }))
      end(start)
      await turn()
      assert.equal(adapter.calls, ['start', 'close', 'close'])
    },
  )
}

late('a kernel that was forced pauses nothing of the next run', async () => {
  const start = deferred()
  let count = 0
  const adapter = fakeAdapter({ on: { start: () => (count++ === 0 ? start.promise : Promise.resolve()) } })
  const service = new Service({ adapters: [adapter] })
  const first = new Kernel([service], { ownsProcess: false })
  const failure = failureOf(first.start())
  await turn()
  const stopped = first.stop()
  first.force(1)
  await Promise.all([stopped, failure])
  const kernel = await started(service)
  start.resolve()
  for (let turns = 0; turns < 5; turns++) await turn()
  assert.equal(adapter.calls, ['start', 'start'])
  assert.is(kernel.ready, true)
  await kernel.stop()
})

late('hooks and a close that end late change nothing of the next run', async () => {
  const [hook, close] = [deferred(), deferred()]
  let count = 0
  const adapter = fakeAdapter({ on: { close: () => (count++ === 0 ? close.promise : Promise.resolve()) } })
  const bus = memory()
  let stops = 0
  const service = new Service({ onStop: () => (stops++ === 0 ? hook.promise : undefined) })
    .on(adapter.source('work'), () => 'done')
    .on(bus.topic('work'), () => {})
  const clock = manualClock()
  const first = await started(service, { clock })
  await stoppedAtDeadlines(first, clock)
  assert.is(await first.stopped, 1)
  const kernel = await started(service)
  close.resolve()
  hook.resolve()
  for (let turns = 0; turns < 5; turns++) await turn()
  assert.is(kernel.ready, true)
  await adapter.send('work').settled
  await bus.publish('work', {})
  assert.is(await kernel.stop(), 0)
})

const hasPipes = process.platform !== 'win32'
const withPipes = hasPipes ? late : late.skip

withPipes('an HTTP server whose first start ends late answers for the kernel that runs it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'late-'))
  const pipe = join(folder, 'access.log')
  // To open a pipe waits until somebody reads it.
  execFileSync('mkfifo', [pipe])
  const api = http({ port: 0, accessLog: pipe })
  const service = new Service().on(api.get('/'), () => 'here')
  await leftBehind(service)
  const starting = started(service)
  await turn()
  const reader = await open(pipe, 'r')
  const reading = reader.readFile()
  const kernel = await starting
  assert.is(kernel.ready, true)
  for (let turns = 0; turns < 20; turns++) await turn()
  const response = await fetch(api.url)
  assert.equal([response.status, await response.text()], [200, 'here'])
  await kernel.stop()
  const lines = (await reading).toString()
  assert.is(lines.match(/accepting http requests/g)?.length, 1, lines)
  await reader.close()
  rmSync(folder, { recursive: true })
})

late.run()
