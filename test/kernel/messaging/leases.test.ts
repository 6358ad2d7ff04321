// Messages that are held by a lease: renewed while they are handled, never settled once it is lost.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../until.ts'
import { deferred, turn } from '../fake-adapter.ts'
import { type Logged, logged, quiet } from '../started.ts'
import { type Behaviour, busStarted } from './fake-broker.ts'

quiet()
const test = suite('leases of messages')

const lease = 1_000

/** Resolves when it is told that a lease was lost. */
async function leaseLost(records: readonly Logged[]): Promise<void> {
  await until(() => records.some(({ message }) => message === 'the lease of a message was lost'))
  quiet()
}

/** A handler that runs until it is told to end. */
async function holding(does: Partial<Behaviour> = {}) {
  const handling = deferred()
  const signals: AbortSignal[] = []
  const scene = await busStarted({ lease, ...does }, {}, async ({ signal }) => {
    signals.push(signal)
    await handling.promise
  })
  return { ...scene, handling, aborted: () => signals.map(({ aborted }) => aborted) }
}

test('a lease is renewed again and again while its message is handled, and not before its half', async () => {
  const { fake, kernel, handling, aborted } = await holding()
  const began = performance.now()
  let first = 0
  fake.does.renew = () => {
    first ||= performance.now() - began
    return true
  }
  fake.hand(1)
  await until(() => fake.renewals.length >= 3)
  assert.ok(first >= lease / 2, `after ${first} ms`)
  assert.equal(aborted(), [false])
  handling.resolve()
  await until(() => fake.settled.length === 1)
  assert.equal(fake.settled, ['ack 1'])
  const { length } = fake.renewals
  await kernel.stop()
  assert.is(fake.renewals.length, length)
})

for (const [what, renew] of [
  ['says that the broker knows of none', () => false],
  ['fails until the time has passed', () => Promise.reject(new Error('away'))],
] as const) {
  test(`a renewal that ${what} takes the message from its handler, and nothing is settled`, async () => {
    const records = logged('warning')
    const { fake, kernel, handling, aborted } = await holding({ renew })
    fake.hand(1)
    await until(() => aborted()[0] === true)
    handling.resolve()
    await turn()
    await kernel.stop()
    quiet()
    assert.equal(fake.settled, [])
    assert.equal(
      records.map(({ message }) => message),
      ['the lease of a message was lost'],
    )
  })
}

test('a lease is renewed up to the longest time that a message can be hidden, and then it is lost', async () => {
  const records = logged('warning')
  const longestLease = 2.2 * lease
  const asked: number[] = []
  const renew = (_: number, milliseconds: number) => asked.push(milliseconds) > 0
  const { fake, kernel, handling, aborted } = await holding({ longestLease, renew })
  const began = performance.now()
  fake.hand(1)
  await until(() => aborted()[0] === true)
  const lasted = performance.now() - began
  await leaseLost(records)
  handling.resolve()
  await kernel.stop()
  assert.ok(lasted > 1.5 * lease, `it lasted ${lasted} ms`)
  const last = asked.pop() as number
  assert.ok(
    asked.every((milliseconds) => milliseconds === lease),
    `${asked}`,
  )
  assert.ok(last < lease, `the last renewal was for ${last} ms`)
  assert.match(String(records[0]?.fields.reason), /the broker cannot hide it any longer/)
  assert.equal(fake.settled, [])
})

test('a lease as long as a message can be hidden is never renewed', async () => {
  const { fake, kernel, handling, aborted } = await holding({ longestLease: lease - 10 })
  fake.hand(1)
  await until(() => aborted()[0] === true)
  handling.resolve()
  await kernel.stop()
  assert.equal(fake.renewals, [])
})

test('a renewal that fails once is tried again in time', async () => {
  const { fake, kernel, handling, aborted } = await holding()
  fake.does.renew = () => {
    if (fake.renewals.length % 2 === 1) throw new Error('away')
    return true
  }
  fake.hand(1)
  await until(() => fake.renewals.length >= 4)
  assert.equal(aborted(), [false])
  handling.resolve()
  await until(() => fake.settled.length === 1)
  await kernel.stop()
})

test('over a lost link handlers go on, and the ack goes over the next one', async () => {
  const { fake, bus, kernel, handling, aborted } = await holding({ lease: 60_000 })
  fake.hand(1)
  fake.link.lose()
  await until(() => bus.ready === true && fake.links.length === 2)
  assert.equal(aborted(), [false])
  handling.resolve()
  await until(() => fake.settled.length === 1)
  assert.equal(fake.settled, ['ack 1 over 2'])
  await kernel.stop()
})

test('over two links that are lost too, the second before it has consumed', async () => {
  const { fake, bus, kernel, handling, aborted } = await holding({ lease: 60_000 })
  fake.hand(1)
  const never = deferred()
  fake.does.consume = () => never.promise
  fake.link.lose()
  await until(() => fake.links.length === 2 && fake.attempts.get('t') === 3)
  handling.resolve()
  await turn()
  assert.equal(fake.settled, [])
  fake.does.consume = () => {}
  fake.link.lose()
  await until(() => bus.ready === true && fake.links.length === 3)
  assert.equal(aborted(), [false])
  await until(() => fake.settled.length === 1)
  assert.equal(fake.settled, ['ack 1 over 3'])
  await kernel.stop()
})

test('what fails as its link is lost is done over the next one', async () => {
  const { fake, kernel, handling } = await holding({ lease: 60_000 })
  fake.does.settle = () => {
    fake.does.settle = () => {}
    fake.link.lose()
    return Promise.reject(new Error('cut'))
  }
  fake.hand(1)
  handling.resolve()
  await until(() => fake.settled.length === 2)
  assert.equal(fake.settled, ['ack 1', 'ack 1 over 2'])
  await kernel.stop()
})

test('a link that is lost during the drain is made again, to settle what is running', async () => {
  const { fake, kernel, handling } = await holding({ lease: 60_000 })
  fake.hand(1)
  const stopped = kernel.stop()
  await until(() => kernel.state.startsWith('draining'))
  fake.link.lose()
  handling.resolve()
  await stopped
  assert.equal(fake.settled, ['ack 1 over 2'])
  assert.ok(fake.journal.includes('stop t over 2'))
})

test('a message that is held back is lost as any other: it is not given back then', async () => {
  const { fake, kernel } = await busStarted(
    { lease, settle: (step) => step === 'retry' && Promise.reject(new Error('no')) },
    {},
    () => {
      throw new Error('it fails')
    },
  )
  const records = logged('warning')
  fake.does.renew = () => false
  fake.hand(1)
  await leaseLost(records)
  await kernel.stop()
  assert.is(fake.settled.length, 1, fake.settled.join())
})

test('a lease that is lost while a reply is sent keeps the message from being acked', async () => {
  const replying = deferred()
  const { fake, kernel } = await busStarted({
    lease,
    renew: () => false,
    settle: (step) => step === 'reply' && replying.promise,
  })
  const records = logged('warning')
  fake.hand(1, { wantsReply: true })
  await leaseLost(records)
  replying.resolve()
  await kernel.stop()
  assert.equal(fake.settled, ['reply 1 with data'])
})

test('a broker with leases of its own takes a message away', async () => {
  const { fake, kernel, handling, aborted } = await holding({ lease: undefined })
  const held = fake.hand(1)
  held.lose('somebody else has it')
  held.lose('twice')
  assert.equal(aborted(), [true])
  handling.resolve()
  await turn()
  await kernel.stop()
  held.lose('late')
  assert.equal(fake.settled, [])
})

test('a message that came before its consumer is known has a lease too', async () => {
  const going = deferred()
  const { fake, kernel, handling } = await holding({
    consume: (_, attempt) => attempt === 2 && going.promise,
  })
  fake.consumer().receiver.off(new Error('off'))
  await until(() => fake.attempts.get('t') === 3)
  fake.hand(1)
  going.resolve()
  await until(() => fake.renewals.length > 0)
  handling.resolve()
  await until(() => fake.settled.length === 1)
  await kernel.stop()
})

test.run()
