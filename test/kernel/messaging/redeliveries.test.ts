// Messages that come back without having been settled.
import { configureLogging, type Kernel, Service } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../until.ts'
import { started } from '../started.ts'
import { busOf, FakeBroker } from './fake-broker.ts'

configureLogging({ logger: 'disabled' })

const test = suite('redeliveries')

const kernels: Kernel[] = []
test.after.each(async () => {
  for (const kernel of kernels.splice(0)) await kernel.stop()
})

async function scene(options: object) {
  const fake = new FakeBroker()
  const bus = busOf(fake)
  const seen: unknown[] = []
  const handle = (given: object) => {
    const { data, redeliveries } = given as Record<string, unknown>
    seen.push([data, redeliveries])
  }
  kernels.push(await started(new Service().on(bus.topic('t', options), handle as never)))
  return { fake, seen }
}

test('handlers are told how often a message came back; a broker that does not know says 0', async () => {
  const { fake, seen } = await scene({})
  fake.hand('first')
  fake.hand('again', { redeliveries: 2 })
  await until(() => fake.settled.length === 2)
  assert.equal(seen, [
    ['first', 0],
    ['again', 2],
  ])
})

for (const [options, most] of [
  [{}, 5],
  [{ retry: { redeliveries: 0 } }, 0],
  [{ retry: { attempts: 1, redeliveries: 2 }, onError: 'drop' }, 2],
] as const)
  test(`a message that came back more than ${most} times is dead-lettered unhandled: ${JSON.stringify(options)}`, async () => {
    const { fake, seen } = await scene(options)
    fake.hand('last', { redeliveries: most })
    fake.hand('over', { redeliveries: most + 1 })
    await until(() => fake.settled.length === 2)
    assert.equal(seen, [['last', most]])
    const [one, other] = [...fake.settled].sort()
    assert.is(one, 'ack 1')
    assert.match(other as string, `setAside 2 for the message of t came back ${most + 1} times`)
  })

test('one that came back too often spoils no batch', async () => {
  const { fake } = await scene({ batch: { size: 2 }, retry: { redeliveries: 0 } })
  fake.hand('a')
  fake.hand('over', { redeliveries: 1 })
  fake.hand('b')
  await until(() => fake.settled.length === 3)
  const [one, two, three] = [...fake.settled].sort()
  assert.equal([one, two], ['ack 1', 'ack 3'])
  assert.match(three as string, 'setAside 2 for')
})

test('Infinity is no limit, and a limit is a whole number', async () => {
  const { fake, seen } = await scene({ retry: { redeliveries: Number.POSITIVE_INFINITY } })
  fake.hand('again', { redeliveries: 1_000 })
  await until(() => fake.settled.length === 1)
  assert.equal(seen, [['again', 1_000]])
  const bus = busOf(new FakeBroker())
  assert.throws(() => bus.topic('t', { retry: { redeliveries: -1 } }), /retry.redeliveries/)
})

test.run()
