// What a broker is asked to do to a message, by how its handler has ended.
import { DeadLetter, Drop, Retry } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../until.ts'
import { deferred, turn } from '../fake-adapter.ts'
import { logged, quiet } from '../started.ts'
import { busStarted } from './fake-broker.ts'

quiet()
const test = suite('settlement of messages')

const thrown = (error: unknown) => () => {
  throw error
}

const table: readonly [
  what: string,
  handle: () => unknown,
  attempt: number,
  alone: string[],
  asked: string[],
][] = [
  ['handled', () => 'reply', 1, ['ack 1'], ['reply 1 with data', 'ack 1']],
  ['failed', thrown(new Retry({ after: 50 })), 1, ['retry 1 after 50 as 2'], ['retry 1 after 50 as 2']],
  ['failed again', thrown(new Retry({ after: 50 })), 3, ['retry 1 after 50 as 4'], ['retry 1 after 50 as 4']],
  [
    'failed too often',
    thrown(new Error('broken')),
    5,
    ['setAside 1 for broken'],
    ['reply 1 failure broken', 'setAside 1 for broken'],
  ],
  [
    'set aside',
    thrown(new DeadLetter('odd')),
    1,
    ['setAside 1 for odd'],
    ['reply 1 failure odd', 'setAside 1 for odd'],
  ],
  ['dropped', thrown(new Drop('old')), 1, ['ack 1'], ['reply 1 failure old', 'ack 1']],
]

for (const [what, handle, attempt, alone, asked] of table) {
  for (const [wantsReply, expected] of [
    [false, alone],
    [true, asked],
  ] as const) {
    test(`a message that is ${what}${wantsReply ? ', where somebody waits for a reply' : ''}`, async () => {
      const { fake, kernel } = await busStarted({}, {}, handle)
      fake.hand(1, { attempt, wantsReply })
      await until(() => fake.settled.length === expected.length)
      await kernel.stop()
      assert.equal(fake.settled, expected)
    })
  }
}

test('a reply that cannot be put into a message is a failure, once', async () => {
  const { fake, kernel } = await busStarted({}, {}, () => ({ big: 1n }))
  fake.hand(1, { wantsReply: true })
  await until(() => fake.settled.length === 2)
  await kernel.stop()
  assert.match(fake.settled[0] as string, /^reply 1 failure .*BigInt/)
  assert.is(fake.settled[1], 'ack 1')
})

test('what is no message is set aside, and so is what cannot be read', async () => {
  const { fake, kernel } = await busStarted()
  fake.hand(1, { payload: undefined })
  fake.hand(2, { payload: '{' })
  await until(() => fake.settled.length === 2)
  await kernel.stop()
  for (const step of fake.settled) assert.match(step, /^setAside \d for the message of t /)
})

for (const step of ['retry', 'setAside', 'reply'] as const) {
  for (const how of ['rejects', 'throws'] as const) {
    test(`a ${step} that ${how} is told of, and the message is held back and released`, async () => {
      const records = logged('error')
      const error = step === 'setAside' ? new DeadLetter('odd') : new Error('broken')
      const fail = (at: string) => {
        if (at !== step) return
        if (how === 'rejects') return Promise.reject(new Error('no room'))
        throw new Error('no room')
      }
      const { fake, kernel } = await busStarted({ settle: fail }, {}, () => {
        if (step !== 'reply') throw error
      })
      const began = performance.now()
      fake.hand(1, { wantsReply: step === 'reply' })
      await until(() => fake.settled.length === 2)
      quiet()
      assert.ok(performance.now() - began >= 990, `after ${performance.now() - began} ms`)
      assert.is(fake.settled[1], 'release 1')
      const told = records.filter(({ message }) => /^the follow-up could not be published/.test(message))
      assert.equal(
        told.map(({ fields }) => [fields.queue, (fields.error as Error).message]),
        [['t', 'no room']],
      )
      await kernel.stop()
    })
  }
}

test('a message that is held back takes room, and more is asked for when it is given back', async () => {
  const { fake, kernel } = await busStarted(
    { prefetch: 1, settle: (step) => step === 'retry' && Promise.reject(new Error('no')) },
    {},
    thrown(new Retry({ after: 0 })),
  )
  const { receiver } = fake.consumer()
  fake.hand(1)
  await turn()
  assert.is(receiver.room, 0)
  const { mores } = fake
  await until(() => fake.settled.length === 2)
  assert.is(receiver.room, 1)
  assert.ok(fake.mores > mores)
  await kernel.stop()
})

test('a pause ends at once what is held back', async () => {
  const { fake, kernel } = await busStarted(
    { settle: (step) => step === 'retry' && Promise.reject(new Error('no')) },
    {},
    thrown(new Retry({ after: 30_000 })),
  )
  fake.hand(1)
  await turn()
  const began = performance.now()
  await kernel.stop()
  assert.equal(fake.settled, ['retry 1 after 30000 as 2', 'release 1'])
  assert.ok(performance.now() - began < 20_000)
})

test('a stop waits for what is being settled', async () => {
  const going = deferred()
  const { fake, kernel } = await busStarted(
    { settle: () => going.promise },
    {},
    thrown(new Retry({ after: 1 })),
  )
  fake.hand(1)
  let isOver = false
  const stopped = kernel.stop().then(() => {
    isOver = true
  })
  await until(() => kernel.state.startsWith('draining'))
  await turn()
  assert.not(isOver)
  going.resolve()
  await stopped
})

test.run()
