import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Service } from 'tomodachi'
import { schedule } from 'tomodachi/schedule'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deferred } from '../kernel/fake-adapter.ts'
import { quiet, started } from '../kernel/started.ts'

const real = suite('schedules on the real clock')
real.before(quiet)

real('an interval ticks by its plan, never early', async () => {
  const moments: number[] = []
  const enough = deferred()
  const service = new Service().on(schedule().every('20ms'), ({ firedAt }) => {
    assert.ok(Date.now() >= firedAt.getTime())
    if (moments.push(firedAt.getTime()) === 20) enough.resolve()
  })
  const kernel = await started(service)
  await enough.promise
  await kernel.stop()
  const first = moments[0] as number
  for (const moment of moments) assert.is((moment - first) % 20, 0)
  for (const [index, moment] of moments.entries())
    if (index > 0) assert.ok(moment > (moments[index - 1] as number))
})

real('cron ticks on the second', async () => {
  const fired = deferred<Date>()
  const service = new Service().on(schedule().cron('* * * * * *'), ({ firedAt }) => fired.resolve(firedAt))
  const kernel = await started(service)
  const firedAt = await fired.promise
  assert.is(firedAt.getTime() % 1_000, 0)
  assert.ok(Date.now() >= firedAt.getTime())
  await kernel.stop()
})

real('a blocked process makes up for what it missed with one tick', async () => {
  const moments: number[] = []
  const enough = deferred()
  const service = new Service().on(schedule().every('50ms'), ({ firedAt }) => {
    const now = Date.now()
    // One that is late already has itself to make up for others: the next one will do.
    if (moments.length === 0 && now - firedAt.getTime() >= 50) return
    const count = moments.push(firedAt.getTime())
    if (count === 1) while (Date.now() < now + 220);
    if (count === 3) enough.resolve()
  })
  const kernel = await started(service)
  await enough.promise
  await kernel.stop()
  const [first = 0, second = 0, third = 0] = moments
  assert.is(second - first, 50)
  assert.ok(third - second >= 200)
  assert.is((third - second) % 50, 0)
})

real('a service with nothing but a far schedule stays, and leaves at a signal', async () => {
  const program = fileURLToPath(new URL('yearly-service.ts', import.meta.url))
  const child = spawn(process.execPath, [program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  await once(child.stdout, 'data')
  assert.is(await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 300))]), undefined)
  child.kill('SIGTERM')
  assert.equal(await ended, [0, null])
})

real.run()
