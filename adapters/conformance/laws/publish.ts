import assert from 'node:assert/strict'
import { Journal } from '../stage/journal.ts'
import { type Law, law } from '../stage/law.ts'
import type { Stage } from '../stage/stage.ts'

/** What publishers can rely on. */
export const publishLaws: readonly Law[] = [
  law('C10 closing publisher: every publish settles, and what was confirmed arrives', closingPublisher),
  law('C30 draining handler: it can still publish', drainingHandler),
  law('C31 confirmation: what publish has confirmed is there when its process ends at once', confirmation),
  law('C31 stalled broker: publish resolves when it has answered, and not before', stalled, ['stall']),
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
