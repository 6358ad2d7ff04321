import type { Delivery } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { quiet } from '../started.ts'
import { workplace } from './workplace.ts'

const load = suite('what a handler has to do')
load.before(quiet)

load('deliveries wait, run and leave', async () => {
  const { kernel, send, end } = await workplace({ concurrency: 2 })
  const [actor] = kernel.actors()
  assert.equal(actor?.load, { waiting: 0, running: 0 })
  for (const index of [0, 1, 2, 3]) send(index)
  assert.equal(actor?.load, { waiting: 2, running: 2 })
  await end(0)
  assert.equal(actor?.load, { waiting: 1, running: 2 })
  for (const index of [1, 2, 3]) await end(index)
  assert.equal(actor?.load, { waiting: 0, running: 0 })
  await kernel.stop()
})

load('those that are taken away do not wait, but their handlers run on', async () => {
  const { kernel, send, end } = await workplace({ concurrency: 1 })
  const late: Delivery[] = []
  kernel.bus.on('late', (delivery) => void late.push(delivery))
  const [first, second] = [send(0), send(1)]
  for (const { delivery } of [first, second]) delivery.cancel('the lease was lost')
  assert.equal(kernel.actors()[0]?.load, { waiting: 0, running: 1 })
  assert.equal(late, [])
  await end(0)
  assert.equal(kernel.actors()[0]?.load, { waiting: 0, running: 0 })
  assert.equal(late, [first.delivery])
  await kernel.stop()
})

load('a handler that ends in time is not late', async () => {
  const { kernel, send, end } = await workplace({})
  let late = 0
  kernel.bus.on('late', () => void late++)
  const { settled } = send(0)
  await end(0)
  assert.is((await settled).state, 'acked')
  assert.is(late, 0)
  await kernel.stop()
})

load('when a delivery began to run is known while somebody watches deliveries', async () => {
  const { kernel, send, end } = await workplace({ concurrency: 1 })
  assert.is(send(0).delivery.startedAt, 0)
  const stop = kernel.bus.on('settled', () => {})
  const { delivery } = send(1)
  assert.is(delivery.startedAt, 0)
  await end(0)
  assert.ok(delivery.startedAt >= delivery.receivedAt && delivery.receivedAt > 0)
  stop()
  await end(1)
  await kernel.stop()
})

load.run()
