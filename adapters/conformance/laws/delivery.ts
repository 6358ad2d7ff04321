import assert from 'node:assert/strict'
import { Journal } from '../stage/journal.ts'
import { type Law, law } from '../stage/law.ts'
import type { Message, Stage } from '../stage/stage.ts'

/** Who gets which messages. */
export const deliveryLaws: readonly Law[] = [
  law('C01 waiting messages: what was published before a consumer came arrives unchanged', waitingMessages),
  law('C02 competition: instances on one queue together get every message', competition),
  law('C03 many topics: each handler of one instance gets all of its topic', manyTopics),
  law('C11 topics: no message strays into another topic', separateTopics),
  law('C11 wildcards: * is one word, # any number of them', wildcards, ['wildcards']),
  law('C16 groups: every queue of a topic gets every message', groups),
  law('C16 everyone: without competition every instance gets every message', everyone),
  law('C73 private queue: it is gone when its instance has stopped, with what was in it', privateQueue),
]

async function waitingMessages(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  await stage.declare(topic, { queue })
  const publisher = await stage.publisher()
  const sent = stage.texts(100).map((id, index) => ({
    id,
    number: index / 7,
    text: 'å "quoted" \\ line\nbreak \u2028 😀',
    nested: { list: [1, null, { deep: true }], empty: {} },
  }))
  for (const data of sent) await publisher.publish(topic, data, { headers: { 'x-id': data.id } })

  const received = new Map<string, Message>()
  await stage.consumer(topic, { queue }, (message) => {
    received.set((message.data as { id: string }).id, message)
  })
  await stage.eventually(() => assert.equal(received.size, sent.length))
  for (const data of sent) {
    const message = received.get(data.id)
    assert.deepEqual(message?.data, data)
    assert.equal(message?.envelope.headers['x-id'], data.id)
  }
}

async function competition(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const [all, own] = [new Journal(), [0, 0, 0, 0, 0].map(() => new Journal())]
  const gate = stage.gate()
  for (const journal of own) {
    await stage.consumer(topic, { queue, concurrency: 10 }, async ({ data }) => {
      await journal.during(data, () => gate.opened)
      all.note(data)
    })
  }
  const sent = stage.texts()
  const publishers = await Promise.all([1, 2, 3, 4, 5].map(() => stage.publisher()))
  await Promise.all(
    publishers.map((publisher, turn) =>
      stage.publish(
        publisher,
        topic,
        sent.filter((_, index) => index % publishers.length === turn),
      ),
    ),
  )
  await stage.eventually(() => {
    for (const journal of own) assert.ok(journal.running > 0, 'an instance gets nothing')
  })
  gate.open()
  await stage.handled(all, sent)
}

async function manyTopics(stage: Stage): Promise<void> {
  const topics = Array.from({ length: 20 }, () => ({ name: stage.name('topic'), journal: new Journal() }))
  await stage.start((service, bus) => {
    for (const { name, journal } of topics) {
      service.on(bus.topic(name, { queue: stage.name('queue') }), ({ data }) => journal.note(data))
    }
  })
  const publisher = await stage.publisher()
  const textsOf = (name: string) => stage.texts(20).map((text) => `${text} of ${name}`)
  await Promise.all(topics.map(({ name }) => stage.publish(publisher, name, textsOf(name))))
  await Promise.all(topics.map(({ name, journal }) => stage.handled(journal, textsOf(name))))
}

async function separateTopics(stage: Stage): Promise<void> {
  const [here, there] = [new Journal(), new Journal()]
  // One name is the beginning of the other, as happens with prefixes.
  const topic = stage.name('topic')
  await stage.consumer(topic, { queue: stage.name('queue') }, ({ data }) => here.note(data))
  await stage.consumer(`${topic}-more`, { queue: stage.name('queue') }, ({ data }) => there.note(data))
  const publisher = await stage.publisher()
  await publisher.publish(topic, 'here')
  await publisher.publish(`${topic}-more`, 'there')
  await stage.handled(here, ['here'])
  await stage.handled(there, ['there'])
}

async function wildcards(stage: Stage): Promise<void> {
  const word = stage.name('topic')
  const matches: Record<string, readonly string[]> = {
    [`${word}.*.c`]: ['.b.c'],
    [`${word}.#`]: ['', '.b', '.b.c', '.b.b.c'],
    [`${word}.#.c`]: ['.b.c', '.b.b.c'],
    [`${word}.b`]: ['.b'],
  }
  const journals = new Map(Object.keys(matches).map((pattern) => [pattern, new Journal()]))
  await stage.start((service, bus) => {
    for (const [pattern, journal] of journals) {
      service.on(bus.topic(pattern, { queue: stage.name('queue') }), ({ data }) => journal.note(data))
    }
  })
  const publisher = await stage.publisher()
  const endings = ['', '.b', '.b.c', '.b.b.c']
  await Promise.all(endings.map((ending) => publisher.publish(word + ending, word + ending)))
  const expected = (pattern: string) => (matches[pattern] ?? []).map((ending) => word + ending)
  await Promise.all([...journals].map(([pattern, journal]) => stage.handled(journal, expected(pattern))))
}

async function groups(stage: Stage): Promise<void> {
  const topic = stage.name('topic')
  const journals = [new Journal(), new Journal(), new Journal()] as const
  await stage.start((service, bus) => {
    for (const journal of journals.slice(0, 2)) {
      service.on(bus.topic(topic, { queue: stage.name('queue') }), ({ data }) => journal.note(data))
    }
  })
  await stage.consumer(topic, { queue: stage.name('queue') }, ({ data }) => journals[2].note(data))
  const sent = stage.texts(50)
  await stage.publish(await stage.publisher(), topic, sent)
  await Promise.all(journals.map((journal) => stage.handled(journal, sent)))
}

async function everyone(stage: Stage): Promise<void> {
  const topic = stage.name('topic')
  const journals = [new Journal(), new Journal()]
  for (const journal of journals) {
    await stage.consumer(topic, { competing: false }, ({ data }) => journal.note(data))
  }
  const sent = stage.texts(50)
  await stage.publish(await stage.publisher(), topic, sent)
  await Promise.all(journals.map((journal) => stage.handled(journal, sent)))
}

async function privateQueue(stage: Stage): Promise<void> {
  const [topic, deadLetter] = [stage.name('topic'), stage.name('aside')]
  const [journal, gate] = [new Journal(), stage.gate()]
  const options = { competing: false, concurrency: 1, deadLetter }
  const { bus, kernel } = await stage.consumer(topic, options, ({ data }) =>
    journal.during(data, () => gate.opened),
  )
  const [own, ...others] = (await bus.deadLetterQueues.list(kernel.actors())).flatMap(
    ({ origins }) => origins,
  )
  assert.ok(own !== undefined && others.length === 0, 'the handler consumes one queue')
  const publisher = await stage.publisher()
  const waiting = async () => (await publisher.deadLetterQueues.peek(own)).length
  await stage.publish(publisher, topic, stage.texts(5 + stage.features.readAhead))
  await stage.eventually(() => assert.equal(journal.running, 1))
  await stage.eventually(async () => assert.ok((await waiting()) > 0, 'nothing waits behind a busy handler'))
  const stopping = kernel.stop()
  await stage.eventually(() => assert.equal(kernel.state, 'draining'))
  gate.open()
  assert.equal(await stage.settled(stopping, 'the stop of an instance'), 0)
  await publisher.publish(topic, 'afterwards')
  await stage.silence()
  assert.equal(await waiting(), 0, 'messages wait in a queue that nobody consumes any more')
}
