import assert from 'node:assert/strict'
import { DeadLetter, Drop, Retry, topic as topicOf } from '../../../kernel/index.ts'
import { Journal } from '../stage/journal.ts'
import { type Law, law } from '../stage/law.ts'
import { schemaOf } from '../stage/mistakes.ts'
import type { Stage } from '../stage/stage.ts'
import type { DeadMessage } from '../stage/world.ts'

/** What becomes of messages that cannot be handled. */
export const deadLetterLaws: readonly Law[] = [
  law('C18 dead letter: after the last attempt set aside, with reason, stack and headers', exhausted),
  law('C18 choice: Drop, DeadLetter, Retry and onError decide', choice),
  law('C19 unparsable payload: dead-lettered at once, never handled', unparsable),
  law('C19 invalid payload: what does not fit its schema is dead-lettered at once', invalid),
  law('C19 publishing handler: what it publishes wrongly is its own failure, and retried', publishedWrongly),
]

const twice = { attempts: 2, backoff: () => 0 }

async function exhausted(stage: Stage): Promise<void> {
  const [topic, queue, aside] = [stage.name('topic'), stage.name('queue'), stage.name('aside')]
  let calls = 0
  const fail = () => {
    calls++
    throw new RangeError('this can never work')
  }
  await stage.consumer(topic, { queue, retry: twice }, fail)
  await stage.consumer(topic, { queue: stage.name('queue'), retry: twice, deadLetter: aside }, fail)
  const publisher = await stage.publisher()
  const data = { id: 17, nested: ['as it was'] }
  await publisher.publish(topic, data, { headers: { 'x-own': 'kept' } })

  for (const deadLetter of [`${queue}.dead`, aside]) {
    const [dead] = await deadLetters(stage, deadLetter, 1)
    const { headers } = dead as DeadMessage
    assert.deepEqual(dead?.data, data)
    assert.equal(headers['x-own'], 'kept')
    assert.match(String(headers['x-dead-letter-reason']), /this can never work/)
    assert.equal(headers['x-dead-letter-error'], 'RangeError')
    assert.match(String(headers['x-dead-letter-stack']), /RangeError: this can never work\n\s+at /)
    assert.equal(headers['x-dead-letter-topic'], topic)
    if (stage.features.exactlyOnce) assert.equal(String(headers['x-dead-letter-attempts']), '2')
  }
  await stage.silence()
  if (stage.features.exactlyOnce) assert.equal(calls, 4)
}

async function choice(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const retry = { attempts: 2, backoff: () => 0 }
  const calls: Record<string, number> = { drop: 0, aside: 0, again: 0 }
  await stage.consumer(topic, { queue, retry }, ({ data }) => {
    const text = String(data)
    const call = (calls[text] ?? 0) + 1
    calls[text] = call
    if (text === 'drop') throw new Drop('not wanted')
    if (text === 'aside') throw new DeadLetter('somebody should look at it')
    // More often than there are attempts: whoever asks for another try gets it.
    if (call < 5) throw new Retry({ after: 0 })
  })
  const dropped = stage.name('queue')
  let calledOnce = 0
  await stage.consumer(topic, { queue: dropped, onError: 'drop', retry }, () => {
    calledOnce++
    throw new Error('as in the Python library')
  })
  await stage.publish(await stage.publisher(), topic, ['drop', 'aside', 'again'])
  await stage.eventually(() => assert.ok((calls.again ?? 0) >= 5 && calledOnce >= 3))
  const [dead] = await deadLetters(stage, `${queue}.dead`, 1)
  assert.equal(dead?.data, 'aside')
  assert.match(String(dead?.headers['x-dead-letter-reason']), /somebody should look at it/)
  assert.deepEqual(await stage.world.deadLetters(`${dropped}.dead`), [])
  if (!stage.features.exactlyOnce) return
  assert.deepEqual(calls, { drop: 1, aside: 1, again: 5 })
  assert.equal(calledOnce, 3)
}

async function unparsable(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const journal = new Journal()
  await stage.consumer(topic, { queue, concurrency: 1, retry: twice }, ({ data }) => journal.note(data))
  const texts = ['{ this is no JSON', '["an array is no envelope"]', '{"data":"without metadata"}']
  for (const text of texts) await stage.world.publishRaw(topic, text)
  await (await stage.publisher()).publish(topic, 'fine')
  const dead = await deadLetters(stage, `${queue}.dead`, texts.length)
  assert.deepEqual(dead.map(({ data }) => data).sort(), texts.sort())
  for (const { headers } of dead) assert.match(String(headers['x-dead-letter-reason']), /cannot be parsed/)
  await stage.handled(journal, ['fine'])
}

async function invalid(stage: Stage): Promise<void> {
  for (const schema of [schemaOf((value) => value), schemaOf(async (value) => value)]) {
    const [name, queue] = [stage.name('topic'), stage.name('queue')]
    const journal = new Journal()
    await stage.start((service, bus) => {
      const source = bus.topic(topicOf(name, { schema }), { queue, concurrency: 1, retry: twice })
      service.on(source, ({ data }) => journal.note(data))
    })
    // By its name alone the topic is published without the schema.
    await stage.publish(await stage.publisher(), name, ['a mistake', 'fine'])
    const [dead] = await deadLetters(stage, `${queue}.dead`, 1)
    assert.equal(dead?.data, 'a mistake')
    assert.match(String(dead?.headers['x-dead-letter-reason']), /it is a mistake/)
    await stage.handled(journal, ['fine'])
  }
}

async function publishedWrongly(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const followUp = topicOf(stage.name('follow-up'), { schema: schemaOf((value) => value) })
  const journal = new Journal()
  let calls = 0
  await stage.start((service, bus) => {
    service.on(
      bus.topic(topic, { queue, retry: { attempts: 1_000, backoff: () => 0 } }),
      async ({ data }) => {
        await bus.publish(followUp, ++calls === 1 ? 'a mistake' : 'fine')
        journal.note(data)
      },
    )
  })
  await stage.publish(await stage.publisher(), topic, ['message'])
  await stage.handled(journal, ['message'])
  assert.deepEqual(await stage.world.deadLetters(`${queue}.dead`), [])
}

/** Waits until a dead-letter queue holds so many messages; fails when it holds another number after a while. */
async function deadLetters(stage: Stage, queue: string, count: number): Promise<readonly DeadMessage[]> {
  let dead: readonly DeadMessage[] = []
  const look = async () => {
    dead = await stage.world.deadLetters(queue)
    assert.ok(dead.length >= count, `${queue} holds ${dead.length} of ${count} messages`)
  }
  await stage.eventually(look)
  await stage.silence()
  await look()
  if (stage.features.exactlyOnce) assert.equal(dead.length, count)
  return dead
}
