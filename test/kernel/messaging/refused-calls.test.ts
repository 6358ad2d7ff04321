// One message that cannot be sent, and those that go in the same call.
import type { Sending } from 'tomodachi/adapter-kit'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../until.ts'
import { quiet } from '../started.ts'
import { busStarted, type FakeMessage, passing } from './fake-broker.ts'

quiet()
const test = suite('calls that are refused')

type Messages = readonly Sending<FakeMessage>[]

/** Refuses a whole call that has this message. */
const refusing = (bad: unknown) => async (messages: Messages) => {
  if (messages.some(({ message }) => message.data === bad)) throw new Error('one of them cannot be sent')
}

const outcomesOf = async (all: readonly Promise<unknown>[]) =>
  (await Promise.allSettled(all)).map((outcome) =>
    outcome.status === 'rejected' ? outcome.reason.message : 'confirmed',
  )

for (const inOrder of [true, false]) {
  test(`of a call that is refused each message goes alone, once${inOrder ? ', in order' : ''}`, async () => {
    const limits = { entries: 4, linger: 20, inOrder: () => inOrder }
    const { bus, kernel, fake } = await busStarted({ limits, send: refusing(2) })
    const all = [1, 2, 3, 4, 5].map((data) => bus.publish('t', data))
    const refused = 'one of them cannot be sent'
    assert.equal(await outcomesOf(all), ['confirmed', refused, 'confirmed', 'confirmed', 'confirmed'])
    const singles = fake.sent.filter(([first]) => first !== 5).slice(1)
    assert.equal(fake.sent[0], [1, 2, 3, 4])
    assert.equal(singles, [[1], [2], [3], [4]])
    assert.is(fake.sent.flat().filter((data) => data === 2).length, 2)
    await kernel.stop()
  })
}

test('a call whose error passes goes again as it was', async () => {
  let calls = 0
  const { bus, kernel, fake } = await busStarted({
    limits: { entries: 3, linger: 20 },
    send: async () => {
      if (++calls === 1) throw passing()
    },
  })
  await Promise.all([1, 2, 3].map((data) => bus.publish('t', data)))
  assert.equal(fake.sent, [
    [1, 2, 3],
    [1, 2, 3],
  ])
  await kernel.stop()
})

test('a message that goes alone stays alone over the next link', async () => {
  const { bus, kernel, fake } = await busStarted({
    limits: { entries: 2, linger: 20, inOrder: () => true },
    send: (messages) => {
      if (messages.length > 1) throw new Error('refused')
      if (fake.links.length > 1) messages[0]?.confirm()
      return new Promise(() => {})
    },
  })
  const all = [1, 2].map((data) => bus.publish('t', data))
  await until(() => fake.sent.length === 2)
  fake.link.lose()
  await Promise.all(all)
  assert.equal(fake.sent, [[1, 2], [1], [1], [2]])
  await kernel.stop()
})

test('a group keeps its order where the broker takes a part of a call', async () => {
  const arrived: unknown[] = []
  let failures = 0
  const { bus, kernel, fake } = await busStarted({
    limits: { entries: 10, linger: 20, inOrder: () => true },
    send: async (messages) => {
      for (const sending of messages) {
        // The first of a call fails, and all others arrive.
        if (sending === messages[0] && failures++ % 2 === 0) sending.fail(passing())
        else arrived.push(sending.message.data)
      }
    },
  })
  const all = ['a', 'a', 'b', 'a', 'b', 'c'].map((group, place) =>
    bus.publish('t', group + place, { group } as object),
  )
  await Promise.all(all)
  for (const group of ['a', 'b', 'c']) {
    const places = arrived.filter((data) => String(data).startsWith(group))
    assert.equal(places, [...places].sort())
  }
  assert.equal(fake.sent[0], ['a0', 'b2', 'c5'])
  await kernel.stop()
})

test('calls are filled with messages of other groups that wait behind', async () => {
  const { bus, kernel, fake } = await busStarted({ limits: { entries: 4, linger: 20, inOrder: () => true } })
  const many = Array.from({ length: 500 }, (_, place) => bus.publish('t', place, { group: 'a' } as object))
  const others = ['b', 'c', 'd'].map((group) => bus.publish('t', group, { group } as object))
  await Promise.all([...many, ...others])
  const numbers = fake.sent.flat().filter((data) => typeof data === 'number')
  assert.equal(
    numbers,
    Array.from({ length: 500 }, (_, place) => place),
  )
  assert.ok(fake.sent.some((call) => call.length > 1))
  await kernel.stop()
})

test.run()
