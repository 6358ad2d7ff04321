import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { Journal } from '../stage/journal.ts'
import { type Law, law } from '../stage/law.ts'
import type { ConsumerOptions, Stage } from '../stage/stage.ts'

/** What is handled before what. */
export const orderLaws: readonly Law[] = [
  law('C05 settle first: with concurrency 1 the second message waits for the first', (stage) =>
    settleFirst(stage, { concurrency: 1 }),
  ),
  law('C05 settle first: the second message of a key waits for the first', (stage) =>
    settleFirst(stage, { concurrency: 10, orderBy: () => 'the same' }),
  ),
  law('C09 order: a consumer with concurrency 1 handles messages as they were published', order, ['ordered']),
  law('C24 order by key: keys run side by side, each of them in order', orderByKey),
]

async function settleFirst(stage: Stage, options: ConsumerOptions): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const [journal, gate] = [new Journal(), stage.gate()]
  await stage.consumer(topic, { queue, ...options }, ({ data }) => journal.during(data, () => gate.opened))
  const sent = stage.texts(2)
  await stage.publish(await stage.publisher(), topic, sent)
  await stage.eventually(() => assert.equal(journal.started.length, 1))
  await stage.silence()
  assert.equal(journal.started.length, 1, 'the second message came before the first had been settled')
  gate.open()
  await stage.handled(journal, sent)
}

async function order(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const journal = new Journal()
  await stage.declare(topic, { queue })
  const publisher = await stage.publisher()
  const sent = stage.texts(200)
  const consume = () =>
    stage.consumer(topic, { queue, concurrency: 1 }, ({ data }) =>
      journal.during(data, () => Promise.resolve()),
    )
  for (const text of sent.slice(0, 100)) await publisher.publish(topic, text)
  await consume()
  for (const text of sent.slice(100)) await publisher.publish(topic, text)
  await stage.handled(journal, sent)
  assert.deepEqual(firstOfEach(journal.started), sent)
}

async function orderByKey(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
  const journals = new Map(keys.map((key) => [key, new Journal()]))
  const all = new Journal()
  const keyOf = ({ data }: { data: unknown }) => String(data).slice(-1)
  const publisher = await stage.publisher()
  const sent = stage
    .texts(200)
    .map((text, index) => `${text} of ${keys[Math.floor(index / 3) % keys.length]}`)
  // Before they are consumed: one at a time, publishing may be slower than handling.
  await stage.declare(topic, { queue })
  for (const text of sent) await publisher.publish(topic, text)
  await stage.consumer(topic, { queue, concurrency: 4, orderBy: keyOf }, (message) =>
    all.during(message.data, async () => {
      const pause = Math.random() * 4
      await journals.get(keyOf(message))?.during(message.data, () => sleep(pause))
    }),
  )
  await stage.handled(all, sent)
  assert.ok(all.peak > 1, 'keys do not run side by side')
  assert.ok(all.peak <= 4, `${all.peak} messages ran at once, with concurrency 4`)
  for (const [key, journal] of journals) {
    assert.equal(journal.peak, 1, `two messages of the key ${key} ran at once`)
    if (!stage.features.ordered) continue
    assert.deepEqual(
      firstOfEach(journal.started),
      sent.filter((text) => text.endsWith(key)),
    )
  }
}

/** Where a transport repeats messages, their order is that of the first times. */
function firstOfEach(texts: readonly string[]): string[] {
  return [...new Set(texts)]
}
