import { configureLogging, Kernel, Service } from 'tomodachi'
import { opentelemetry } from 'tomodachi/opentelemetry'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deferred, fakeAdapter } from '../kernel/fake-adapter.ts'
import { keepMetrics, numberOf, sumOf } from './meters.ts'

configureLogging({ logger: 'disabled' })
keepMetrics()

const unwatched = suite('opentelemetry: metrics of what began unwatched')

unwatched('a delivery that came before anybody watched has waited for no known time', async () => {
  const ends = [deferred(), deferred()]
  let begun = 0
  const early = fakeAdapter({
    on: {
      async start() {
        for (const _ of ends) early.send('work')
      },
    },
  })
  const service = new Service({ adapters: [early, opentelemetry()] }).on(
    early.source('work'),
    () => ends[begun++]?.promise,
    { concurrency: 1 },
  )
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  for (const { resolve } of ends) resolve()
  await early.send('work').settled
  assert.is(begun, 3)
  await kernel.stop()
  // Of the last one alone.
  assert.is(await numberOf('tomodachi.mailbox.wait'), 1)
  assert.ok((await sumOf('tomodachi.mailbox.wait')) < performance.now() / 2_000)
})

unwatched.run()
