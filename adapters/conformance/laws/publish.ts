import assert from 'node:assert/strict'
import { raw } from '../../../envelopes/index.ts'
import { type Schema, topic as topicOf } from '../../../kernel/index.ts'
import { Journal } from '../stage/journal.ts'
import { type Law, law } from '../stage/law.ts'
import type { Stage } from '../stage/stage.ts'

/** What publishers can rely on. */
export const publishLaws: readonly Law[] = [
  law('C10 closing publisher: every publish settles, and what was confirmed arrives', closingPublisher),
  law('C30 draining handler: it can still publish', drainingHandler),
  law('C31 confirmation: what publish has confirmed is there when its process ends at once', confirmation),
  law('C31 stalled broker: publish resolves when it has answered, and not before', stalled, ['stall']),
  law(
    'C72 reused bytes: what arrives is what the bytes and headers were when publish was called',
    reusedBytes,
  ),
  law('C32 published: told once for every confirmed message, and for no other', published),
]

async function closingPublisher(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const journal = new Journal()
  await stage.consumer(topic, { queue }, ({ data }) => journal.note(data))
  const { bus, kernel } = await stage.start(() => {})
  const confirmed: string[] = []
  const refused: unknown[] = []
  const publish = (text: string) =>
    bus.publish(topic, text).then(
      () => confirmed.push(text),
      (error: unknown) => refused.push(error),
    )
  const texts = stage.texts()
  const half = texts.length / 2
  const publishing = texts.slice(0, half).map(publish)
  const stopping = kernel.stop()
  for (const text of texts.slice(half)) {
    publishing.push(publish(text))
    if (publishing.length % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await stage.settled(Promise.all(publishing), 'publishing while the publisher closes')
  assert.equal(await stage.settled(stopping, 'the stop of a publisher'), 0)
  for (const error of refused) assert.ok(error instanceof Error, 'publishing rejects with an error')
  await assert.rejects(bus.publish(topic, 'too late'), { code: 'ADAPTER_NOT_STARTED' })
  await stage.eventually(() => {
    const lost = confirmed.filter((text) => !journal.has(text))
    assert.equal(lost.length, 0, `${lost.length} of ${confirmed.length} confirmed messages were lost`)
  })
}

async function drainingHandler(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const [followUp, gate] = [stage.name('follow-up'), stage.gate()]
  const [journal, followed] = [new Journal(), new Journal()]
  await stage.consumer(followUp, { queue: stage.name('queue') }, ({ data }) => followed.note(data))
  const { kernel } = await stage.start((service, bus) => {
    service.on(bus.topic(topic, { queue }), ({ data }) =>
      journal.during(data, async () => {
        await gate.opened
        await bus.publish(followUp, 'what follows')
      }),
    )
  })
  await (await stage.publisher()).publish(topic, 'message')
  await stage.eventually(() => assert.ok(journal.running > 0))

  const stopping = kernel.stop()
  await stage.eventually(() => assert.equal(kernel.state, 'draining'))
  await stage.silence()
  gate.open()
  assert.equal(await stage.settled(stopping, 'the stop of an instance'), 0)
  await stage.handled(followed, ['what follows'])
  await stage.consumer(topic, { queue }, ({ data }) => journal.note(data))
  await stage.handled(journal, ['message'])
}

async function confirmation(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const journal = new Journal()
  await stage.declare(topic, { queue })
  const { bus, kernel } = await stage.start(() => {})
  const sent = stage.texts(10)
  await stage.publish(bus, topic, sent)
  kernel.force(1)
  await stage.settled(bus.close(), 'the close of a bus')
  await stage.consumer(topic, { queue }, ({ data }) => journal.note(data))
  await stage.handled(journal, sent)
}

async function stalled(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const journal = new Journal()
  await stage.declare(topic, { queue })
  const { bus, kernel } = await stage.start(() => {})
  let told = 0
  kernel.bus.on('published', () => void told++)
  await stage.publish(bus, topic, ['before'])
  const restore = await stage.interrupt('stall')
  let confirmed = false
  const publishing = bus.publish(topic, 'stalled').then(() => {
    confirmed = true
  })
  // Awaited below; a law that fails before must not leave an unhandled rejection.
  publishing.catch(() => {})
  await stage.silence()
  assert.ok(!confirmed, 'publish has resolved before the broker has answered')
  assert.equal(told, 1, 'a message is told of before the broker has it')
  await restore()
  await stage.settled(publishing, 'publishing when the broker answers again')
  await stage.eventually(() => assert.equal(told, 2))
  await stage.consumer(topic, { queue }, ({ data }) => journal.note(data))
  await stage.handled(journal, ['before', 'stalled'])
}

async function published(stage: Stage): Promise<void> {
  const topic = stage.name('topic')
  await stage.declare(topic, { queue: stage.name('queue') })
  const { bus, kernel } = await stage.start(() => {})
  const told: string[] = []
  kernel.bus.on('published', ({ adapter, topic }) => void told.push(`${adapter} ${topic}`))
  const broken = { build: () => assert.fail('no message can be made'), parse: () => assert.fail() }
  await assert.rejects(bus.publish(topic, 'message', { envelope: broken }), { code: 'PAYLOAD_UNBUILDABLE' })
  const sent = stage.texts(20)
  await stage.publish(bus, topic, sent)
  await stage.eventually(() => assert.equal(told.length, sent.length))
  await stage.silence()
  assert.deepEqual(
    told,
    sent.map(() => `${bus.name} ${topic}`),
  )
}

/** Accepts everything, after a while. */
const late: Schema<unknown, unknown> = {
  '~standard': { version: 1, vendor: 'tomodachi', validate: async (value) => ({ value }) },
}

async function reusedBytes(stage: Stage): Promise<void> {
  const publisher = await stage.publisher()
  const sent = stage.texts(20)
  for (const schema of [undefined, late]) {
    const journal = new Journal()
    const topic = topicOf(stage.name('topic'), { envelope: raw({ as: 'bytes' }), ...(schema && { schema }) })
    await stage.consumer(topic, { queue: stage.name('queue') }, ({ data, headers }) => {
      const text = Buffer.from(data as Uint8Array).toString()
      assert.equal(headers['x-text'], text)
      journal.note(text)
    })
    const [bytes, headers] = [Buffer.alloc(String(sent[0]).length), { 'x-text': '' }]
    const publishing = sent.map((text) => {
      bytes.write(text)
      headers['x-text'] = text
      return publisher.publish(topic, bytes, { headers })
    })
    bytes.fill('-')
    headers['x-text'] = 'reused'
    await stage.settled(Promise.all(publishing), 'publishing from one buffer')
    await stage.handled(journal, sent)
  }
}
