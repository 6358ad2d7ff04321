import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { Journal } from '../stage/journal.ts'
import { type Law, law } from '../stage/law.ts'
import type { Message, Stage } from '../stage/stage.ts'

/**
 * What a stop does to messages. A kernel that owns its process calls the same `stop` and `force` on signals; that it
 * does is not for a bus to prove.
 */
export const drainLaws: readonly Law[] = [
  law('C12 signal: aborts when its message is taken away, not when it is settled', signal),
  law('C13 leftovers: what a stopped instance did not handle, a later one gets', leftovers),
  law('C26 stop in a burst: handlers finish, nothing new starts, nothing is lost', stopInBurst),
  law('C27 stuck handler: released at the deadline, exit code not 0, another instance gets it', stuckHandler),
  law('C70 given back: what a stop gives back, and what comes meanwhile, is handed out at once', givenBack),
  law('C76 after a stop: a stopped instance takes nothing, others get everything at once', afterStop),
  law('C28 second signal: ends at once, with its exit code', secondSignal),
]

async function signal(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const signals = new Map<unknown, AbortSignal>()
  const gate = stage.gate()
  const drainTimeout = 2 * stage.features.silence
  const { kernel } = await stage.consumer(topic, { queue, drainTimeout }, async (message) => {
    if (!signals.has(message.data)) signals.set(message.data, message.signal)
    assert.ok(!message.signal.aborted, 'the signal has aborted before the handler began')
    if (message.data === 'fails' && message.attempt === 1) throw new Error('not yet')
    if (message.data === 'stuck') await gate.opened
  })
  await stage.publish(await stage.publisher(), topic, ['works', 'fails', 'stuck'])
  await stage.eventually(() => assert.equal(signals.size, 3))
  await stage.silence()
  const aborted = () => [...signals].filter(([, { aborted }]) => aborted).map(([text]) => text)
  assert.deepEqual(aborted(), [])
  await stage.stop(kernel)
  assert.deepEqual(aborted(), ['stuck'])
}

async function leftovers(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const [first, all, gate] = [new Journal(), new Journal(), stage.gate()]
  const { kernel } = await stage.consumer(topic, { queue, concurrency: 2 }, async ({ data }) => {
    await first.during(data, () => gate.opened)
    all.note(data)
  })
  const sent = stage.texts(20)
  await stage.publish(await stage.publisher(), topic, sent)
  await stage.eventually(() => assert.equal(first.running, 2))
  const stopping = kernel.stop()
  await stage.eventually(() => assert.equal(kernel.state, 'draining'))
  gate.open()
  assert.equal(await stage.settled(stopping, 'the stop of an instance'), 0)
  assert.equal(first.started.length, 2)
  await stage.consumer(topic, { queue }, ({ data }) => all.note(data))
  await stage.handled(all, sent)
}

async function stopInBurst(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const [journal, enough, held] = [new Journal(), stage.gate(), stage.gate()]
  // One handler stays busy, so that an instance that goes on taking messages has the time to be caught.
  const work = (text: unknown) => (text === journal.started[0] ? held.opened : sleep(2 + 8 * Math.random()))
  const handle = async ({ data }: Message) => {
    await journal.during(data, () => work(data))
    if (journal.finished.length >= 20) enough.open()
  }
  const { kernel } = await stage.consumer(topic, { queue, concurrency: 10 }, handle)
  const sent = stage.texts()
  const publishing = stage.publish(await stage.publisher(), topic, sent)
  // Awaited below; a law that fails before must not leave an unhandled rejection.
  publishing.catch(() => {})
  await stage.settled(enough.opened, 'the handling of the first 20 messages')
  const stopping = kernel.stop()
  await stage.eventually(() => assert.equal(kernel.state, 'draining'))
  const startedBefore = journal.started.length
  await publishing
  await stage.silence()
  assert.equal(journal.started.length, startedBefore, 'handlers have begun while draining')
  held.open()
  assert.equal(await stage.settled(stopping, 'the stop of an instance'), 0)
  assert.equal(journal.running, 0, 'handlers have not finished')
  assert.ok(journal.finished.length < sent.length, 'the stop came too late to prove anything')
  await stage.consumer(topic, { queue, concurrency: 100 }, handle)
  await stage.handled(journal, sent)
}

async function givenBack(stage: Stage): Promise<void> {
  await Promise.all([0, 1, 2, 5].map((turns) => stopWhileComing(stage, turns, turns > 1)))
}

/** Stops an instance so many turns of the event loop after the last messages were sent to it. */
async function stopWhileComing(stage: Stage, turns: number, isBusy: boolean): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const [all, running, gate] = [new Journal(), new Journal(), stage.gate()]
  // Messages that wait for their key are taken before they can be handled.
  const options = { queue, concurrency: 1, orderBy: () => 'one' }
  const { kernel } = await stage.consumer(topic, options, async ({ data }) => {
    await running.during(data, () => gate.opened)
    all.note(data)
  })
  const [sent, publisher] = [stage.texts(20), await stage.publisher()]
  const early = isBusy ? 10 : 0
  await stage.publish(publisher, topic, sent.slice(0, early))
  if (isBusy) await stage.eventually(() => assert.equal(running.running, 1))
  const publishing = stage.publish(publisher, topic, sent.slice(early))
  // Awaited below; a law that fails before must not leave an unhandled rejection.
  publishing.catch(() => {})
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
  const stopping = kernel.stop()
  gate.open()
  assert.equal(await stage.settled(stopping, 'the stop of an instance'), 0)
  await publishing
  await stage.consumer(topic, options, ({ data }) => all.note(data))
  await comesPromptly(stage, all, sent)
}

async function afterStop(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const [stopped, other, gate] = [new Journal(), new Journal(), stage.gate()]
  const { kernel } = await stage.consumer(topic, { queue, concurrency: 5 }, ({ data }) =>
    stopped.during(data, () => gate.opened),
  )
  const publisher = await stage.publisher()
  await publisher.publish(topic, 'before')
  await stage.eventually(() => assert.equal(stopped.running, 1))
  await stage.consumer(topic, { queue }, ({ data }) => other.note(data))
  const stopping = kernel.stop()
  await stage.eventually(() => assert.equal(kernel.state, 'draining'))
  const [meanwhile, afterwards] = [stage.texts(20), stage.texts(40).slice(20)]
  await stage.publish(publisher, topic, meanwhile)
  await comesPromptly(stage, other, meanwhile)
  gate.open()
  assert.equal(await stage.settled(stopping, 'the stop of an instance'), 0)
  await stage.publish(publisher, topic, afterwards)
  await comesPromptly(stage, other, afterwards)
  assert.deepEqual([...new Set(stopped.started)], ['before'])
}

async function comesPromptly(stage: Stage, journal: Journal, texts: readonly string[]): Promise<void> {
  await stage.promptly(() => {
    const missing = texts.filter((text) => !journal.has(text))
    assert.equal(missing.length, 0, `${missing.length} messages have not come, such as ${missing[0]}`)
  })
}

async function stuckHandler(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const [journal, gate] = [new Journal(), stage.gate()]
  // With a single attempt, a cancellation that counted as a failure would end in a dead letter.
  const options = { queue, retry: { attempts: 1 } }
  const drainTimeout = 2 * stage.features.silence
  const { kernel } = await stage.consumer(topic, { ...options, drainTimeout }, ({ data, signal }) =>
    journal.during(data, () => (data === 'deaf' ? gate.opened : rejectionOf(signal))),
  )
  await stage.publish(await stage.publisher(), topic, ['deaf', 'listening'])
  await stage.eventually(() => assert.equal(new Set(journal.started).size, 2))
  assert.notEqual(await stage.stop(kernel), 0)

  const [later, attempts] = [new Journal(), new Set<number>()]
  await stage.consumer(topic, options, ({ data, attempt }) => {
    attempts.add(attempt)
    later.note(data)
  })
  await stage.handled(later, ['deaf', 'listening'])
  if (stage.features.exactAttempts) assert.deepEqual([...attempts], [1])
  gate.open()
  await stage.silence()
  assert.deepEqual(await stage.world.deadLetters(`${queue}.dead`), [])
  if (stage.features.exactlyOnce) assert.equal(later.finished.length, 2)
}

async function secondSignal(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const [journal, gate] = [new Journal(), stage.gate()]
  const drainTimeout = 3_600_000
  const { kernel, bus } = await stage.consumer(topic, { queue, drainTimeout }, ({ data }) =>
    journal.during(data, () => gate.opened),
  )
  await (await stage.publisher()).publish(topic, 'message')
  await stage.eventually(() => assert.ok(journal.running > 0))
  const stopping = kernel.stop()
  await stage.eventually(() => assert.equal(kernel.state, 'draining'))
  kernel.force(143)
  assert.equal(await stage.settled(stopping, 'a forced stop'), 143)
  assert.ok(journal.running > 0, 'it has waited for the handler')
  // What the end of the process would do.
  gate.open()
  await stage.settled(bus.close(), 'the close of a bus')
}

async function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
}
