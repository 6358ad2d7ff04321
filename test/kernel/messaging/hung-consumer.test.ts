// time limit: 120 s
// A library that never calls back while a queue is to be consumed.
import type { TomodachiError } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../until.ts'
import { deferred } from '../fake-adapter.ts'
import { logged, quiet } from '../started.ts'
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
  const records = logged('warning')
  fake.consumer().receiver.off(new Error('deleted'))
  await until(() => fake.link.consumers.length === 2)
  const [, hung] = fake.link.consumers
  Object.assign(hung as object, { abandon: () => abandoned.push(hung) })
  await until(() => bus.ready === true)
  quiet()
  const error = records.at(-1)?.fields.error as TomodachiError
  assert.is(error.message, 'the queue "t" cannot be consumed: the broker has not answered for 15 s')
  assert.is(error.code, 'QUEUE_NOT_CONSUMED')
  assert.not(fake.consumer() === first || fake.consumer() === hung)
  late.resolve()
  await until(() => abandoned.length === 1)
  assert.ok(bus.ready)
  await kernel.stop()
})

test.run()
