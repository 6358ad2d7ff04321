import assert from 'node:assert/strict'
import { Retry } from '../../../kernel/index.ts'
import { Journal } from '../stage/journal.ts'
import { type Law, law } from '../stage/law.ts'
import type { Stage } from '../stage/stage.ts'

/** What becomes of messages whose handlers fail. */
export const retryLaws: readonly Law[] = [
  law('C04 redelivery: messages that fail twice all arrive', redelivery),
  law('C08 many failures: what several instances could not handle, a later one gets', manyFailures),
  law('C17 attempts: a failed message comes again, with its number', attempts),
  law('C21 retry delay: a message that waits for its retry holds up none behind it', retryDelay),
  law('C21 overtaking: a short wait ends before a longer one that began earlier', overtaking),
  law('C21 publish delay: a delayed message comes later, and holds up none behind it', publishDelay, [
    'delay',
  ]),
]

const atOnce = { attempts: 1_000, backoff: () => 0 }

async function redelivery(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const journal = new Journal()
  const failures = new Map<unknown, number>()
  await stage.consumer(topic, { queue, retry: atOnce }, ({ data }) => {
    const count = failures.get(data) ?? 0
    failures.set(data, count + 1)
    if (count < 2) throw new Error(`failure ${count + 1}`)
    journal.note(data)
  })
  const sent = stage.texts(100)
  await stage.publish(await stage.publisher(), topic, sent)
  await stage.handled(journal, sent)
}

async function manyFailures(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const sent = stage.texts(50)
  await stage.declare(topic, { queue })
  await stage.publish(await stage.publisher(), topic, sent)
  for (let round = 0; round < 3; round++) {
    let failures = 0
    const { kernel } = await stage.consumer(topic, { queue, retry: atOnce }, () => {
      failures++
      throw new Error('nothing works here')
    })
    await stage.eventually(() => assert.ok(failures >= 100, `only ${failures} failures`))
    assert.equal(await stage.stop(kernel), 0)
  }
  const journal = new Journal()
  await stage.consumer(topic, { queue, retry: atOnce }, ({ data }) => journal.note(data))
  await stage.handled(journal, sent)
}

async function attempts(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const seen: number[] = []
  const ids = new Set<string>()
  const uuids = new Set<string | undefined>()
  await stage.consumer(topic, { queue, retry: atOnce }, ({ attempt, envelope, metadata }) => {
    seen.push(attempt)
    ids.add(envelope.id)
    uuids.add(metadata?.messageUuid)
    assert.equal(envelope.attempt, attempt)
    if (seen.length < 4) throw new Error('not yet')
  })
  const publisher = await stage.publisher()
  await publisher.publish(topic, 'message')
  await stage.eventually(() => assert.ok(seen.length >= 4))
  await stage.silence()
  if (stage.features.exactlyOnce && stage.features.exactAttempts) assert.deepEqual(seen, [1, 2, 3, 4])
  else
    assert.ok(seen[0] === 1 && seen.every((attempt, index) => attempt >= (seen[index - 1] ?? 1)), `${seen}`)
  assert.equal(ids.size, 1, 'a retry changes the identity of its message')
  assert.equal(uuids.size, 1, 'a retry is another message')
}

/** How often a law about time is tried before its doubt counts. */
const rounds = 3

/**
 * Has a law judge by waits of some units, of `delayPrecision` milliseconds at first. A law that cannot tell what it has
 * seen from a machine that stood still says so, and tries again with waits three times as long.
 */
async function beyondDoubt(
  stage: Stage,
  prove: (unit: number) => Promise<string | undefined>,
): Promise<void> {
  for (let round = 1, unit = stage.features.delayPrecision; ; round++, unit *= 3) {
    const doubt = await prove(unit)
    if (doubt === undefined) return
    assert.ok(round < rounds, doubt)
  }
}

function retryDelay(stage: Stage): Promise<void> {
  return beyondDoubt(stage, async (unit) => {
    const [topic, queue] = [stage.name('topic'), stage.name('queue')]
    const [wait, gate] = [10 * unit, stage.gate()]
    const handled = new Map<unknown, number>()
    let failed = 0
    const retry = { attempts: 3, backoff: { first: wait, jitter: 0 } }
    await stage.consumer(topic, { queue, concurrency: 1, retry }, async ({ data }) => {
      if (data === 'first' && failed === 0) {
        await gate.opened
        failed = performance.now()
        throw new Error('not yet')
      }
      if (!handled.has(data)) handled.set(data, performance.now() - failed)
    })
    const publisher = await stage.publisher()
    await publisher.publish(topic, 'first')
    await publisher.publish(topic, 'second')
    gate.open()
    await stage.eventually(() => assert.equal(handled.size, 2))
    const { first = 0, second = 0 } = Object.fromEntries(handled)
    assert.ok(first >= 0.8 * wait, `retried after ${first} ms instead of ${wait} ms`)
    if (first - second < 0.2 * wait) return `the second message has waited with the first: ${second} ms`
  })
}

function overtaking(stage: Stage): Promise<void> {
  return beyondDoubt(stage, async (unit) => {
    const [topic, queue] = [stage.name('topic'), stage.name('queue')]
    const waits: Record<string, number> = { long: 10 * unit, short: unit }
    const [handled, failed, gate] = [new Journal(), new Set<string>(), stage.gate()]
    let waited = 0
    await stage.consumer(topic, { queue }, async ({ data }) => {
      const text = String(data)
      if (failed.has(text)) {
        if (text === 'long') waited ||= performance.now() - opened
        return handled.note(text)
      }
      failed.add(text)
      await gate.opened
      throw new Retry({ after: waits[text] ?? 0 })
    })
    const publisher = await stage.publisher()
    for (const text of ['long', 'short']) {
      await publisher.publish(topic, text)
      await stage.eventually(() => assert.ok(failed.has(text)))
    }
    const opened = performance.now()
    gate.open()
    await stage.handled(handled, ['long', 'short'])
    assert.ok(waited >= 0.8 * 10 * unit, `retried after ${waited} ms instead of ${10 * unit} ms`)
    if (handled.finished[0] !== 'short') return 'the short wait has not ended before the long one'
  })
}

function publishDelay(stage: Stage): Promise<void> {
  return beyondDoubt(stage, async (unit) => {
    const [topic, queue] = [stage.name('topic'), stage.name('queue')]
    const delay = 6 * unit
    const journal = new Journal()
    let waited = 0
    await stage.consumer(topic, { queue, concurrency: 1 }, ({ data }) => {
      if (data === 'late') waited ||= performance.now() - published
      journal.note(data)
    })
    const publisher = await stage.publisher()
    const published = performance.now()
    await Promise.all([publisher.publish(topic, 'late', { delay }), publisher.publish(topic, 'now')])
    await stage.handled(journal, ['late', 'now'])
    assert.ok(waited >= 0.8 * delay, `handed out after ${waited} ms instead of ${delay} ms`)
    if (journal.finished[0] !== 'now') return 'the message behind the delayed one has waited with it'
  })
}
