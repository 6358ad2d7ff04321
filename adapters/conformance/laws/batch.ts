import assert from 'node:assert/strict'
import {
  BatchFailure,
  type BatchGiven,
  type BatchOptions,
  type MessageBus,
  type MessageGiven,
  type Service,
  type Topic,
  type TopicOptions,
  topic as topicOf,
} from '../../../kernel/index.ts'
import { Journal } from '../stage/journal.ts'
import { type Law, law } from '../stage/law.ts'
import { schemaOf } from '../stage/mistakes.ts'
import type { Stage } from '../stage/stage.ts'

/** What becomes of messages that are handled together. */
export const batchLaws: readonly Law[] = [
  law('C25 batch: several messages at once, and those that failed come again, alone', failures, ['batch']),
  law('C25 batch with a schema: one message that does not fit spoils none of the others', misfits, ['batch']),
]

/** Registers a handler of batches. */
function onBatch(
  service: Service,
  bus: MessageBus,
  topic: string | Topic,
  options: TopicOptions & { readonly batch: BatchOptions },
  handle: (batch: readonly MessageGiven[]) => void | Promise<void>,
): void {
  const source = bus.topic(topic, options as TopicOptions)
  service.on(source, (given) => handle((given as unknown as BatchGiven<MessageGiven>).batch))
}

async function failures(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const [journal, failed] = [new Journal(), new Set<string>()]
  const sent = stage.texts(20)
  const failing = new Set(sent.filter((_, index) => index % 3 === 0))
  const sizes: number[] = []
  await stage.declare(topic, { queue })
  await stage.publish(await stage.publisher(), topic, sent)
  const options = {
    queue,
    batch: { size: 5, wait: stage.features.silence },
    retry: { attempts: 2, backoff: () => 0 },
  }
  await stage.start((service, bus) => {
    onBatch(service, bus, topic, options, (batch) => {
      sizes.push(batch.length)
      const texts = batch.map(({ data }) => String(data))
      const places = texts.flatMap((text, place) => (failing.has(text) && !failed.has(text) ? [place] : []))
      for (const [place, text] of texts.entries()) {
        if (places.includes(place)) failed.add(text)
        else journal.note(text)
      }
      if (places.length > 0) throw new BatchFailure(places.map((place) => [place, new Error('not yet')]))
    })
  })
  await stage.handled(journal, sent)
  assert.deepEqual(failed, failing)
  assert.ok(Math.max(...sizes) <= 5, `a batch of 5 had ${Math.max(...sizes)} messages`)
  assert.ok(Math.max(...sizes) > 1, 'no messages came together')
}

async function misfits(stage: Stage): Promise<void> {
  for (const schema of [schemaOf((value) => value), schemaOf(async (value) => value)]) {
    const [name, queue] = [stage.name('topic'), stage.name('queue')]
    const journal = new Journal()
    const options = {
      queue,
      batch: { size: 10, wait: stage.features.silence },
      retry: { attempts: 2, backoff: () => 0 },
    }
    await stage.start((service, bus) => {
      onBatch(service, bus, topicOf(name, { schema }), options, (batch) => {
        for (const { data } of batch) journal.note(data)
      })
    })
    // By its name alone the topic is published without the schema.
    await stage.publish(await stage.publisher(), name, ['first', 'a mistake', 'last'])
    await stage.world.publishRaw(name, '{ this is no JSON')
    const onlyMisfitsAreAside = async () => {
      const dead = await stage.world.deadLetters(`${queue}.dead`)
      assert.deepEqual(new Set(dead.map(({ data }) => data)), new Set(['a mistake', '{ this is no JSON']))
    }
    await stage.eventually(onlyMisfitsAreAside)
    await stage.handled(journal, ['first', 'last'])
    await onlyMisfitsAreAside()
  }
}
