// What is published by a bus of a stranger's broker: window, queue and deadline.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../until.ts'
import { turn } from '../fake-adapter.ts'
import { failureOf, quiet } from '../started.ts'
import { type Behaviour, busStarted, passing } from './fake-broker.ts'
import { silent } from './silent-broker.ts'

quiet()
const test = suite('publishing of a message bus')

test('no more are under way than the window holds, and the next follows each answer', async () => {
  const { bus, kernel, fake, at } = await silent({ publishWindow: 2 })
  const all = [1, 2, 3, 4].map((data) => bus.publish('t', data))
  await turn()
  assert.equal(fake.sent, [[1], [2]])
  at(1).confirm()
  assert.equal(fake.sent, [[1], [2], [3]])
  at(0).fail(new Error('no'))
  assert.equal(fake.sent, [[1], [2], [3], [4]])
  at(2).confirm()
  at(3).confirm()
  assert.is((await failureOf(all[0] as Promise<void>)).message, 'no')
  await Promise.all(all.slice(1))
  await kernel.stop()
})

test('what neither goes nor fits into the queue is refused, and the rest is not disturbed', async () => {
  const { bus, kernel, fake, at } = await silent({ publishWindow: 1, publishQueue: 1 })
  const all = [1, 2].map((data) => bus.publish('t', data))
  const { code, message } = await failureOf(bus.publish('t', 3))
  assert.is(code, 'PUBLISH_OVERFLOW')
  assert.match(message, 'because 1 others are waiting')
  at(0).confirm()
  at(1).confirm()
  await Promise.all(all)
  assert.equal(fake.sent, [[1], [2]])
  await kernel.stop()
})

test('a target in order that waits for an answer fills the queue, although the window is open', async () => {
  const { bus, kernel, at } = await silent(
    { publishWindow: 100, publishQueue: 2 },
    { limits: { entries: 1, inOrder: () => true } },
  )
  const all = [1, 2, 3].map((data) => bus.publish('t', data))
  assert.is((await failureOf(bus.publish('t', 4))).code, 'PUBLISH_OVERFLOW')
  const other = bus.publish('t', 5, { target: 'other' } as object)
  for (const place of [0, 1, 2, 3]) {
    await until(() => at(place) !== undefined)
    at(place).confirm()
  }
  await Promise.all([...all, other])
  await kernel.stop()
})

test('what rests after a passing failure fills the queue, although the window is open', async () => {
  const { bus, kernel } = await busStarted(
    {
      send: (messages) => {
        for (const sending of messages) sending.fail(passing())
      },
    },
    { publishWindow: 100, publishQueue: 3, publishTimeout: 500 },
  )
  const resting = [1, 2, 3].map((data) => failureOf(bus.publish('t', data)))
  assert.is((await failureOf(bus.publish('t', 4))).code, 'PUBLISH_OVERFLOW')
  for (const error of await Promise.all(resting)) assert.is(error.code, 'PUBLISH_TIMEOUT')
  await kernel.stop()
})

for (const [why, does, happen] of [
  ['the broker did not answer', {}, () => {}],
  ['the broker has blocked publishing', {}, ({ fake }) => fake.session.blocked(true)],
  [
    'throttled',
    { send: (messages) => void messages.map((each) => each.fail(passing('throttled'))) },
    () => {},
  ],
  [
    'there was no connection',
    { connect: (attempt) => attempt > 1 && Promise.reject(new Error('away')) },
    ({ fake }) => fake.link.lose(),
  ],
  [
    'there was no connection',
    { connect: (attempt) => attempt > 1 && Promise.reject(new Error('away')) },
    ({ fake }) => {
      fake.session.blocked(true)
      fake.link.lose()
    },
  ],
] as readonly [string, Partial<Behaviour>, (scene: Awaited<ReturnType<typeof silent>>) => void][]) {
  test(`at its deadline a message fails with the reason: ${why}`, async () => {
    const scene = await silent({ publishTimeout: 60 }, does)
    happen(scene)
    const { code, message } = await failureOf(scene.bus.publish('t', 1))
    assert.is(code, 'PUBLISH_TIMEOUT')
    assert.match(message, `within 60 ms: ${why}`)
    await scene.kernel.stop()
  })
}

test('one that has run out of time keeps its place in the window until it is answered', async () => {
  const { bus, kernel, fake, at } = await silent({ publishWindow: 1, publishTimeout: 60 })
  assert.is((await failureOf(bus.publish('t', 1))).code, 'PUBLISH_TIMEOUT')
  const next = bus.publish('t', 2)
  await turn()
  assert.equal(fake.sent, [[1]])
  at(0).confirm()
  at(1).confirm()
  await next
  await kernel.stop()
})

test('what has run out of time without a connection takes no place in the queue, and is not sent later', async () => {
  let isAway = true
  const { bus, kernel, fake } = await busStarted(
    { connect: (attempt) => attempt > 1 && isAway && Promise.reject(new Error('away')) },
    { publishTimeout: 60, publishQueue: 2 },
  )
  fake.link.lose()
  for (const data of [1, 2, 3]) {
    const both = [failureOf(bus.publish('t', data)), failureOf(bus.publish('t', data))]
    for (const { code } of await Promise.all(both)) assert.is(code, 'PUBLISH_TIMEOUT')
  }
  isAway = false
  await until(() => bus.ready === true)
  await bus.publish('t', 4)
  assert.equal(fake.sent, [[4]])
  await kernel.stop()
})

test('while the broker blocks, nothing is sent; a new link is not blocked', async () => {
  const { bus, kernel, fake, held } = await silent()
  fake.session.blocked(true)
  const published = bus.publish('t', 1)
  await turn()
  assert.equal(fake.sent, [])
  fake.link.lose()
  await until(() => held.length === 1)
  fake.session.blocked(true)
  fake.session.blocked(false)
  held[0]?.confirm()
  await published
  await kernel.stop()
})

test('one that blocks while it is being connected to stays blocked', async () => {
  const { bus, kernel, fake } = await busStarted({
    connect: (attempt, { session }) => attempt === 2 && session.blocked(true),
  })
  fake.link.lose()
  await until(() => fake.links.length === 2)
  const published = bus.publish('t', 1)
  await turn()
  assert.equal(fake.sent, [])
  fake.session.blocked(false)
  await published
  await kernel.stop()
})

test('a link whose send throws has failed all of the call', async () => {
  const { bus, kernel } = await busStarted({
    limits: { entries: 2, linger: 1 },
    send: () => {
      throw new Error('broken')
    },
  })
  const both = [failureOf(bus.publish('t', 1)), failureOf(bus.publish('t', 2))]
  for (const error of await Promise.all(both)) assert.is(error.message, 'broken')
  await kernel.stop()
})

test('ten thousand that wait are sent by a link that confirms at once, without a deep stack', async () => {
  const { bus, kernel, fake } = await busStarted({}, { publishWindow: 1, publishQueue: 20_000 })
  fake.session.blocked(true)
  const all = Array.from({ length: 10_000 }, (_, data) => bus.publish('t', data))
  await turn()
  fake.session.blocked(false)
  await Promise.all(all)
  assert.equal(
    fake.sent,
    all.map((_, data) => [data]),
  )
  await kernel.stop()
})

test('published is told when the broker has confirmed, and not before', async () => {
  const { bus, kernel, at } = await silent()
  const told: unknown[] = []
  kernel.bus.on('published', ({ adapter, topic }) => void told.push({ adapter, topic }))
  const published = bus.publish('t', 1)
  const failed = failureOf(bus.publish('t', 2))
  await turn()
  assert.equal(told, [])
  at(0).confirm()
  at(1).fail(new Error('no'))
  await Promise.all([published, failed])
  assert.equal(told, [{ adapter: 'fake', topic: 't' }])
  await kernel.stop()
})

test('the drain waits for what is published, and for a schema that takes its time', async () => {
  const { bus, kernel, held } = await silent()
  let check = () => {}
  const checking = new Promise<void>((resolve) => {
    check = resolve
  })
  const validate = async (value: unknown) => {
    await checking
    return { value }
  }
  const schema = { '~standard': { version: 1, vendor: 'test', validate } } as never
  const published = bus.publish({ name: 't', schema }, 1)
  const stopped = kernel.stop()
  await turn()
  check()
  await until(() => held.length === 1)
  held[0]?.confirm()
  await published
  await stopped
})

test.run()
