import { Service } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deferred, fakeAdapter, turn } from '../fake-adapter.ts'
import { quiet, started, thrownBy } from '../started.ts'
import { type Job, workplace } from './workplace.ts'

const mailbox = suite('mailbox')
mailbox.before(quiet)

mailbox('reaches the concurrency, and never exceeds it', async () => {
  const place = await workplace({ concurrency: 3 })
  for (let index = 0; index < 10; index++) place.send(index)
  assert.equal(place.running(), [0, 1, 2])
  for (let index = 0; index < 10; index++) {
    assert.equal(place.running().length, Math.min(3, 10 - index))
    await place.end(index)
  }
  assert.is(place.most(), 3)
  assert.equal(place.begun(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 'in order of arrival')
  await place.kernel.stop()
})

mailbox('without a limit everything runs at once', async () => {
  const place = await workplace({})
  for (let index = 0; index < 50; index++) place.send(index)
  assert.is(place.most(), 50)
  for (let index = 0; index < 50; index++) await place.end(index)
  await place.kernel.stop()
})

mailbox('orderBy: one after the other per key, in order, and different keys side by side', async () => {
  const place = await workplace({ orderBy: ({ key }) => key })
  place.send(0, 'a')
  place.send(1, 'a')
  place.send(2, 'b')
  place.send(3, 'a')
  place.send(4, 'b')
  assert.equal(place.running(), [0, 2])
  await place.end(2)
  assert.equal(place.running(), [0, 4], 'b goes on, a waits')
  await place.end(0)
  assert.equal(place.running(), [4, 1])
  await place.end(4)
  await place.end(1)
  await place.end(3)
  assert.equal(place.begun(), [0, 2, 4, 1, 3])
  await place.kernel.stop()
})

mailbox('orderBy: deliveries without a key have no order', async () => {
  const place = await workplace({ orderBy: ({ key }) => key })
  for (let index = 0; index < 3; index++) place.send(index)
  assert.equal(place.running(), [0, 1, 2])
  for (let index = 0; index < 3; index++) await place.end(index)
  await place.kernel.stop()
})

mailbox('orderBy and concurrency together: a key that waits takes no slot from others', async () => {
  const place = await workplace({ orderBy: ({ key }) => key, concurrency: 2 })
  for (const [index, key] of ['a', 'a', 'a', 'b', 'c'].entries()) place.send(index, key)
  assert.equal(place.running(), [0, 3])
  await place.end(3)
  assert.equal(place.running(), [0, 4])
  for (const index of [0, 4, 1, 2]) await place.end(index)
  assert.is(place.most(), 2)
  await place.kernel.stop()
})

mailbox('orderBy that throws fails its delivery only', async () => {
  const place = await workplace({
    orderBy: ({ key }) => {
      if (key === 'bad') throw new Error('no key')
      return key
    },
  })
  const bad = place.send(0, 'bad')
  place.send(1, 'good')
  const settlement = await bad.settled
  assert.is(settlement.state, 'dropped')
  assert.is(settlement.state === 'dropped' && settlement.reason, 'no key')
  assert.is(bad.delivery.started, false)
  assert.equal(place.running(), [1])
  await place.end(1)
  assert.is(await place.kernel.stop(), 0)
})

mailbox('a handler that fails makes way for the next of its key', async () => {
  const adapter = fakeAdapter()
  const seen: number[] = []
  const service = new Service().on(
    adapter.source<Job>('work'),
    ({ index }) => {
      seen.push(index)
      if (index % 2 === 0) throw new Error('even')
      return Promise.reject(new Error('odd'))
    },
    { orderBy: () => 'same' },
  )
  const kernel = await started(service)
  const sent = [0, 1, 2, 3].map((index) => adapter.send('work', { index }))
  for (const { settled } of sent) assert.is((await settled).state, 'dropped')
  assert.equal(seen, [0, 1, 2, 3])
  await kernel.stop()
})

mailbox('what is cancelled while it waits never runs, and blocks nobody', async () => {
  const place = await workplace({ concurrency: 1 })
  place.send(0)
  const cancelled = place.send(1)
  place.send(2)
  cancelled.delivery.cancel('the lease is lost')
  assert.is((await cancelled.settled).state, 'released')
  await place.end(0)
  assert.equal(place.begun(), [0, 2])
  await place.end(2)
  await place.kernel.stop()
})

mailbox('what is cancelled while it runs keeps its slot until its handler ends', async () => {
  const place = await workplace({ concurrency: 1 })
  const cancelled = place.send(0)
  place.send(1)
  cancelled.delivery.cancel('the lease is lost')
  await turn()
  assert.equal(place.running(), [0], 'the handler still works: a second one would exceed the concurrency')
  await place.end(0)
  assert.equal(place.running(), [1])
  await place.end(1)
  await place.kernel.stop()
})

mailbox('10,000 deliveries that end at once do not deepen the stack', async () => {
  const adapter = fakeAdapter()
  const opened = deferred()
  let handled = 0
  const handler = () => (handled++ === 0 ? opened.promise : undefined)
  const kernel = await started(new Service().on(adapter.source('work'), handler, { concurrency: 1 }))
  for (let index = 0; index < 10_000; index++) adapter.send('work')
  opened.resolve()
  await turn()
  assert.is(handled, 10_000)
  await kernel.stop()
})

mailbox('a concurrency below 1 is an error where it is given', async () => {
  for (const concurrency of [0, -1, Number.NaN]) {
    const failure = await thrownBy(() =>
      new Service().on(fakeAdapter().source('work'), () => {}, { concurrency }),
    )
    assert.is(failure.code, 'OPTION_INVALID')
    assert.match(
      failure.message,
      `the option on.concurrency must be an integer from 1 to 2147483647, or Infinity, not ${concurrency}`,
    )
  }
})

mailbox.run()
