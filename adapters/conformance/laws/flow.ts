import assert from 'node:assert/strict'
import { Journal } from '../stage/journal.ts'
import { type Law, law } from '../stage/law.ts'
import type { Stage } from '../stage/stage.ts'

/** How much is handled, and held, at once. */
export const flowLaws: readonly Law[] = [
  law('C22 concurrency: never more than N running, N reached', concurrency),
  law('C23 backpressure: a busy instance leaves messages to others', backpressure),
]

async function concurrency(stage: Stage): Promise<void> {
  for (const limit of [1, 7]) {
    const [topic, queue] = [stage.name('topic'), stage.name('queue')]
    const [journal, gate] = [new Journal(), stage.gate()]
    await stage.consumer(topic, { queue, concurrency: limit }, ({ data }) =>
      journal.during(data, () => gate.opened),
    )
    const sent = stage.texts(5 * limit)
    await stage.publish(await stage.publisher(), topic, sent)
    await stage.eventually(() => assert.equal(journal.running, limit))
    await stage.silence()
    assert.equal(journal.running, limit)
    gate.open()
    await stage.handled(journal, sent)
    assert.equal(journal.peak, limit)
  }
}

async function backpressure(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const [busy, free, gate] = [new Journal(), new Journal(), stage.gate()]
  await stage.consumer(topic, { queue, concurrency: 3 }, ({ data }) => busy.during(data, () => gate.opened))
  const sent = stage.texts(100)
  await stage.publish(await stage.publisher(), topic, sent)
  await stage.eventually(() => assert.equal(busy.running, 3))

  await stage.consumer(topic, { queue, concurrency: 3 }, ({ data }) => free.note(data))
  const left = sent.length - 3 - stage.features.readAhead
  await stage.eventually(() =>
    assert.ok(new Set(free.finished).size >= left, `${free.finished.length} of ${left} messages were left`),
  )
  gate.open()
  await stage.eventually(() => assert.deepEqual(union(busy, free), sent))
}

function union(...journals: readonly Journal[]): string[] {
  return [...new Set(journals.flatMap(({ finished }) => finished))].sort()
}
