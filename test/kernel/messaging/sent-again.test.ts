// What is sent again over a bus of a stranger's broker, and answers that come late or twice.
import type { MessageBus } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../until.ts'
import { turn } from '../fake-adapter.ts'
import { failureOf, quiet } from '../started.ts'
import { passing } from './fake-broker.ts'
import { type Held, silent } from './silent-broker.ts'

quiet()
const test = suite('messages that are sent again')

/** Publishes each, and notes in which order they were confirmed or failed. */
function publishing(bus: MessageBus, ended: string[]) {
  return (data: unknown, options: object = {}): Promise<void> =>
    bus.publish('t', data, options).then(
      () => void ended.push(`${data}`),
      (error: { code?: string; message: string }) =>
        void ended.push(`${data}: ${error.code ?? error.message}`),
    )
}

test('after a lost link, what was under way is sent again first, in order, and then what waited', async () => {
  const { bus, kernel, fake, held } = await silent({ publishWindow: 3 })
  const ended: string[] = []
  const publish = publishing(bus, ended)
  const all = [1, 2, 3, 4, 5].map((data) => publish(data))
  await turn()
  held[1]?.confirm()
  await turn()
  assert.equal(fake.sent, [[1], [2], [3], [4]])
  fake.link.lose()
  await until(() => fake.sent.length === 7)
  assert.equal(fake.sent.slice(4), [[1], [3], [4]])
  for (const sending of held.slice(4)) sending.confirm()
  held.at(-1)?.confirm()
  await Promise.all(all)
  assert.equal(ended, ['2', '1', '3', '4', '5'])
  await kernel.stop()
})

for (const answer of ['confirm', 'fail'] as const) {
  test(`a late ${answer} of the old link says nothing of the message on the new one`, async () => {
    const { bus, kernel, fake, held } = await silent({ publishWindow: 1 })
    const ended: string[] = []
    const all = [1, 2].map((data) => publishing(bus, ended)(data))
    await turn()
    fake.link.lose()
    await until(() => fake.sent.length === 2)
    held[0]?.[answer](new Error('late'))
    await turn()
    assert.equal(ended, [])
    assert.equal(fake.sent, [[1], [1]])
    held[1]?.confirm()
    held[2]?.confirm()
    await Promise.all(all)
    await kernel.stop()
  })
}

test('a late answer to one that has run out of time opens no place that there is not', async () => {
  const { bus, kernel, fake, held } = await silent({ publishWindow: 1, publishTimeout: 60 })
  await failureOf(bus.publish('t', 1))
  fake.link.lose()
  await until(() => fake.links.length === 2)
  held[0]?.confirm()
  const two = [failureOf(bus.publish('t', 2)), failureOf(bus.publish('t', 3))]
  await Promise.all(two)
  assert.equal(fake.sent, [[1], [2]])
  await kernel.stop()
})

test('a call that ends late answers neither for the new link nor for a try that was made since', async () => {
  const ends: (() => void)[] = []
  const { bus, kernel, fake, held } = await silent(
    {},
    {
      send: (messages: Held[]) => {
        held.push(...messages)
        return new Promise<void>((resolve) => ends.push(resolve))
      },
    },
  )
  let confirmed = false
  const published = bus.publish('t', 1).then(() => {
    confirmed = true
  })
  await turn()
  held[0]?.fail(passing())
  await until(() => held.length === 2)
  ends[0]?.()
  await turn()
  assert.not(confirmed)
  fake.link.lose()
  await until(() => held.length === 3)
  ends[1]?.()
  await turn()
  assert.not(confirmed)
  ends[2]?.()
  await published
  await kernel.stop()
})

test('only the first answer counts', async () => {
  const { bus, kernel, at } = await silent({ publishWindow: 1 })
  const ended: string[] = []
  const publish = publishing(bus, ended)
  const all = [1, 2, 3].map((data) => publish(data))
  await turn()
  at(0).confirm()
  at(0).confirm()
  at(0).fail(new Error('after all'))
  at(1).fail(new Error('no'))
  at(1).confirm()
  at(1).fail(passing())
  at(2).confirm()
  await Promise.all(all)
  assert.equal(ended, ['1', '2: no', '3'])
  await kernel.stop()
})

test('a second answer is none to the next try', async () => {
  const { bus, kernel, held, at } = await silent()
  let confirmed = false
  const published = bus.publish('t', 1).then(() => {
    confirmed = true
  })
  await turn()
  at(0).fail(passing())
  await until(() => held.length === 2)
  at(0).confirm()
  await turn()
  assert.not(confirmed)
  assert.is(at(1).attempts, 1)
  at(1).confirm()
  await published
  await kernel.stop()
})

test('what is unanswered is sent again over the same link, in order, and counts as tried', async () => {
  const { bus, kernel, fake, held } = await silent({ publishWindow: 3 })
  const all = [1, 2, 3, 4].map((data) => bus.publish('t', data))
  await turn()
  held[1]?.confirm()
  await turn()
  fake.session.unanswered()
  assert.equal(fake.sent.slice(4), [[1], [3], [4]])
  assert.equal(
    held.slice(4).map(({ attempts }) => attempts),
    [1, 1, 1],
  )
  held[0]?.fail(new Error('late'))
  for (const sending of held.slice(4)) sending.confirm()
  await Promise.all(all)
  await kernel.stop()
})

test.run()
