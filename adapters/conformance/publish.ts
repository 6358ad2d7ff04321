import assert from 'node:assert/strict'
import { Journal } from './journal.ts'
import { type Law, law } from './law.ts'
import type { Stage } from './stage.ts'

/** What publishers can rely on. */
export const publishLaws: readonly Law[] = [
  law('C10 closing publisher: every publish settles, and what was confirmed arrives', closingPublisher),
  law('C30 draining handler: it can still publish', drainingHandler),
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
