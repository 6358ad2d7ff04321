// What is given back at a stop is sent to the end, and never while it could come to the consumer that stops.
import { type Kernel, Service } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../until.ts'
import { deferred, turn } from '../fake-adapter.ts'
import { quiet, started } from '../started.ts'
import { type Behaviour, busOf, FakeBroker } from './fake-broker.ts'

quiet()
const test = suite('messages that are given back at a stop')

interface Scene {
  readonly fake: FakeBroker
  readonly kernel: Kernel
  /** Ends the handling of message 1. */
  handled(): void
}

/** A handler of one message at a time, which is busy with message 1. */
async function scene(does: Partial<Behaviour>): Promise<Scene> {
  const [fake, handling] = [new FakeBroker({ prefetch: 10, ...does }), deferred()]
  const kernel = await started(
    new Service().on(busOf(fake).topic('t', { concurrency: 1 }), () => handling.promise),
  )
  fake.hand('handled')
  await turn()
  return { fake, kernel, handled: () => handling.resolve() }
}

/** Begins to stop. Resolves when the consumer has been stopped, with what tells how that ends. */
async function stopping({ fake, kernel }: Scene) {
  const exitCode = kernel.stop()
  await until(() => fake.journal.includes('stop t over 1'))
  return { exitCode }
}

const closing = ({ kernel }: Scene) =>
  until(() => kernel.lifecycle.getSnapshot().matches({ draining: 'closing' }))

for (const lease of [undefined, 60_000]) {
  const kind = lease === undefined ? 'without leases' : 'with leases'

  test(`the close waits for releases that take their time: ${kind}`, async () => {
    const releasing = deferred()
    const settle: Behaviour['settle'] = (step) => (step === 'release' ? releasing.promise : undefined)
    const given = await scene({ lease, settle })
    const { fake, handled } = given
    const { exitCode } = await stopping(given)
    fake.hand('late')
    handled()
    await closing(given)
    await until(() => fake.settled.length === 2)
    await turn()
    assert.equal(fake.journal.slice(2), ['stop t over 1'])
    releasing.resolve()
    assert.is(await exitCode, 0)
    assert.equal(fake.journal.slice(2), ['stop t over 1', 'close t over 1', 'close link 1'])
    assert.equal(fake.settled.sort(), ['ack 1', 'release 2'])
  })

  test(`while a message can still come, none is released, and the drain ends: ${kind}`, async () => {
    const ending = deferred()
    const given = await scene({ lease, stop: () => ending.promise })
    const { fake, handled } = given
    fake.hand('waits')
    const { exitCode } = await stopping(given)
    fake.hand('late')
    handled()
    await closing(given)
    await turn()
    assert.equal(fake.settled, ['ack 1'])
    ending.resolve()
    assert.is(await exitCode, 0)
    assert.equal(fake.settled, ['ack 1', 'release 2', 'release 3'])
  })

  test(`what comes while the consumer closes is released before its link closes: ${kind}`, async () => {
    const given = await scene({ lease })
    const { fake, handled } = given
    fake.does.settle = async (step) => {
      await turn()
      fake.note(`${step} done`)
    }
    fake.does.closeConsumer = () => void fake.hand('late')
    handled()
    assert.is(await given.kernel.stop(), 0)
    assert.equal(fake.journal.slice(-3), ['close t over 1', 'release done', 'close link 1'])
  })

  test(`a close ends although the link is lost while messages wait to be given back: ${kind}`, async () => {
    const ending = deferred()
    const given = await scene({ lease, stop: () => ending.promise })
    const { fake, handled } = given
    const { exitCode } = await stopping(given)
    fake.hand('late')
    handled()
    await closing(given)
    fake.link.lose()
    await turn()
    ending.resolve()
    assert.is(await exitCode, 0)
    assert.equal(fake.settled, ['ack 1'])
    assert.not.ok(fake.journal.includes('close t over 1'))
  })

  test(`a message that comes after the close is neither settled nor kept: ${kind}`, async () => {
    const given = await scene({ lease })
    const { fake, handled } = given
    handled()
    assert.is(await given.kernel.stop(), 0)
    const consumer = fake.consumer()
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    const before = timers()
    fake.hand('late', {}, consumer)
    await turn()
    assert.equal(fake.settled, ['ack 1'])
    assert.is(timers(), before)
  })

  test(`what a consumer held whose stop fails is released: ${kind}`, async () => {
    const given = await scene({ lease, stop: () => Promise.reject(new Error('no answer')) })
    const { fake, handled } = given
    fake.hand('waits')
    const { exitCode } = await stopping(given)
    handled()
    assert.is(await exitCode, 0)
    assert.equal(fake.settled.sort(), ['ack 1', 'release 2'])
  })
}

test.run()
