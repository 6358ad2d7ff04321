// time limit: 120 s
// A library that never calls back while a queue is to be consumed.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../until.ts'
import { deferred } from '../fake-adapter.ts'
import { quiet } from '../started.ts'
import { busStarted } from './fake-broker.ts'

quiet()
const test = suite('a consumer that hangs')

test('consuming that does not begin is tried again, and what comes of it late is let go', async () => {
  const late = deferred()
  const { fake, bus, kernel } = await busStarted({
    consume: (_, attempt) => attempt === 2 && late.promise,
  })
  const [first] = fake.link.consumers
  const abandoned: unknown[] = []
  fake.consumer().receiver.off(new Error('deleted'))
  await until(() => fake.link.consumers.length === 2)
  const [, hung] = fake.link.consumers
  Object.assign(hung as object, { abandon: () => abandoned.push(hung) })
  await until(() => bus.ready === true)
  assert.not(fake.consumer() === first || fake.consumer() === hung)
  late.resolve()
  await until(() => abandoned.length === 1)
  assert.ok(bus.ready)
  await kernel.stop()
})

test.run()
