// Whatever a handler of ticks throws: the next tick comes.
import { configureLogging, Kernel, manualClock, Service } from 'tomodachi'
import { schedule } from 'tomodachi/schedule'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { brokenThenables, thrownValues } from '../hostile.ts'

configureLogging({ logger: 'disabled' })

const test = suite('schedule thrown values')

test('a handler may throw or return anything, and is called again', async () => {
  const clock = manualClock(0)
  const timer = schedule({ clock })
  const values = [...thrownValues, ...brokenThenables]
  const calls = { sync: 0, later: 0 }
  const service = new Service()
    .on(timer.every('1s'), () => {
      const value = values[calls.sync++]?.[1]()
      if (calls.sync > thrownValues.length) return value as never
      throw value
    })
    .on(timer.every('1s'), async () => {
      throw thrownValues[calls.later++]?.[1]()
    })
  const kernel = await new Kernel([service], { ownsProcess: false, clock }).start()
  for (let tick = 0; tick < values.length; tick++) await clock.advance(1_000)
  assert.equal(calls, { sync: values.length, later: values.length })
  assert.is(await kernel.stop(), 0)
})

test.run()
