// How messages are put into calls: entries, bytes, waiting for company, order, and fairness between targets.
import type { Sending } from 'tomodachi/adapter-kit'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../until.ts'
import { turn } from '../fake-adapter.ts'
import { quiet } from '../started.ts'
import { busStarted, type FakeMessage, passing } from './fake-broker.ts'

quiet()
const test = suite('limits of sending')

type Held = Sending<FakeMessage>
/** Longer than any test: nothing goes by its time. */
const forever = 600_000

test('a message waits for company, until a call is full', async () => {
  const { bus, kernel, fake } = await busStarted({ limits: { entries: 3, linger: forever } })
  const all = [1, 2].map((data) => bus.publish('t', data))
  await turn()
  assert.equal(fake.sent, [])
  all.push(bus.publish('t', 3))
  await Promise.all(all)
  assert.equal(fake.sent, [[1, 2, 3]])
  await kernel.stop()
})

test('it waits no longer than linger', async () => {
  const { bus, kernel, fake } = await busStarted({ limits: { entries: 3, linger: 20 } })
  await Promise.all([1, 2].map((data) => bus.publish('t', data)))
  await Promise.all([3, 4, 5, 6].map((data) => bus.publish('t', data)))
  assert.equal(fake.sent, [[1, 2], [3, 4, 5], [6]])
  await kernel.stop()
})

test('a call is full by its bytes, and one message may have more than that', async () => {
  const { bus, kernel, fake } = await busStarted({ limits: { entries: 10, bytes: 100, linger: forever } })
  const publish = (data: unknown, bytes: number) => bus.publish('t', data, { bytes } as object)
  const all = [publish(1, 40), publish(2, 40)]
  await turn()
  assert.equal(fake.sent, [])
  all.push(publish(3, 40), publish(4, 500))
  await until(() => fake.sent.length === 3)
  assert.equal(fake.sent, [[1, 2], [3], [4]])
  await Promise.all(all)
  await kernel.stop()
})

test('a stop ends the wait for company', async () => {
  const { bus, kernel, fake } = await busStarted({ limits: { entries: 10, linger: forever } })
  const published = bus.publish('t', 1)
  await turn()
  await kernel.stop()
  await published
  assert.equal(fake.sent, [[1]])
})

test('in order: one call at a time for a target, and what is sent again goes before what came later', async () => {
  const held: Held[][] = []
  const { bus, kernel, fake } = await busStarted({
    limits: { entries: 2, inOrder: () => true },
    send: (messages) => void held.push([...messages]),
  })
  const all = [1, 2, 3, 4].map((data) => bus.publish('t', data))
  const other = bus.publish('t', 'other', { target: 'other' } as object)
  await turn()
  assert.equal(fake.sent, [[1], ['other']])
  held[0]?.[0]?.confirm()
  await turn()
  assert.equal(fake.sent.at(-1), [2, 3])
  held[2]?.[0]?.fail(passing())
  held[2]?.[1]?.fail(passing())
  all.push(bus.publish('t', 5))
  await until(() => held.length === 4)
  assert.equal(fake.sent.at(-1), [2, 3])
  held[3]?.[0]?.fail(passing())
  held[3]?.[1]?.confirm()
  await until(() => held.length === 5)
  assert.equal(fake.sent.at(-1), [2, 4])
  for (const sending of held[4] ?? []) sending.confirm()
  for (const sending of [...(held[1] ?? []), ...(held[5] ?? [])]) sending.confirm()
  await Promise.all([...all, other])
  await kernel.stop()
})

test('in order, over the next link too, and after a message that cannot be sent', async () => {
  const held: Held[] = []
  const { bus, kernel, fake } = await busStarted({
    limits: { entries: 1, inOrder: () => true },
    send: (messages) => void held.push(...messages),
  })
  const outcomes = Promise.allSettled([1, 2, 3].map((data) => bus.publish('t', data)))
  await turn()
  fake.link.lose()
  await until(() => held.length === 2)
  held[0]?.confirm()
  await turn()
  assert.equal(fake.sent, [[1], [1]])
  held[1]?.fail(new Error('no'))
  held[2]?.fail(passing())
  await until(() => held.length === 4)
  held[3]?.confirm()
  held[4]?.confirm()
  assert.equal(fake.sent, [[1], [1], [2], [2], [3]])
  assert.equal(
    (await outcomes).map(({ status }) => status),
    ['rejected', 'fulfilled', 'fulfilled'],
  )
  await kernel.stop()
})

test('targets take turns: none waits for all of another', async () => {
  const held: Held[] = []
  const { bus, kernel, fake } = await busStarted(
    { send: (messages) => void held.push(...messages) },
    { publishWindow: 1 },
  )
  const all = ['a', 'b', 'c'].flatMap((target) =>
    [1, 2, 3].map((place) => bus.publish('t', target + place, { target } as object)),
  )
  await turn()
  for (let place = 0; place < all.length; place++) held[place]?.confirm()
  await Promise.all(all)
  assert.equal(fake.sent.flat(), ['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'c2', 'b3', 'c3'])
  await kernel.stop()
})

test('targets take turns after a lost link too', async () => {
  const held: Held[] = []
  const { bus, kernel, fake } = await busStarted(
    { limits: { entries: 2 }, send: (messages) => void held.push(...messages) },
    { publishWindow: 2 },
  )
  fake.session.blocked(true)
  const all = ['a', 'b'].flatMap((target) =>
    [1, 2, 3, 4].map((place) => bus.publish('t', target + place, { target } as object)),
  )
  await turn()
  fake.link.lose()
  for (let place = 0; place < all.length; place++) {
    await until(() => held.length > place)
    held[place]?.confirm()
  }
  await Promise.all(all)
  assert.equal(fake.sent[0], ['a1', 'a2'])
  assert.equal(fake.sent[1], ['b1', 'b2'])
  await kernel.stop()
})

test('calls stay full where answers open the window message by message', async () => {
  const held: Held[] = []
  const { bus, kernel, fake } = await busStarted(
    { limits: { entries: 10, linger: forever }, send: (messages) => void held.push(...messages) },
    { publishWindow: 20 },
  )
  const all = Array.from({ length: 100 }, (_, data) => bus.publish('t', data))
  for (let place = 0; place < all.length; place++) {
    await until(() => held.length > place)
    assert.ok(held.length - place < 30)
    held[place]?.confirm()
  }
  await Promise.all(all)
  assert.equal(
    fake.sent.map(({ length }) => length),
    Array(10).fill(10),
  )
  await kernel.stop()
})

test('a window that is smaller than a call is kept', async () => {
  const held: Held[] = []
  const { bus, kernel } = await busStarted(
    { limits: { entries: 10 }, send: (messages) => void held.push(...messages) },
    { publishWindow: 2 },
  )
  const all = Array.from({ length: 9 }, (_, data) => bus.publish('t', data))
  for (let place = 0; place < all.length; place++) {
    await until(() => held.length > place)
    assert.ok(held.length - place <= 2)
    held[place]?.confirm()
  }
  await Promise.all(all)
  await kernel.stop()
})

test('a call that is neither confirmed nor failed in part ends as its promise does', async () => {
  const { bus, kernel } = await busStarted({
    limits: { entries: 3, linger: forever },
    send: async (messages) => {
      messages[0]?.confirm()
      messages[1]?.fail(new Error('this one'))
      if (messages[2]?.message.data === 'bad') throw new Error('the rest')
    },
  })
  const publish = async (...list: unknown[]) =>
    (await Promise.allSettled(list.map((data) => bus.publish('t', data)))).map((outcome) =>
      outcome.status === 'rejected' ? outcome.reason.message : 'confirmed',
    )
  assert.equal(await publish(1, 2, 3), ['confirmed', 'this one', 'confirmed'])
  assert.equal(await publish(1, 2, 'bad'), ['confirmed', 'this one', 'the rest'])
  await kernel.stop()
})

test.run()
