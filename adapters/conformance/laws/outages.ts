import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { Retry } from '../../../kernel/index.ts'
import { Journal } from '../stage/journal.ts'
import { type Law, law } from '../stage/law.ts'
import type { Message, Stage } from '../stage/stage.ts'

/** What kills messages in practice. */
export const outageLaws: readonly Law[] = [
  law(
    'C38 late answer: what a handler returns after its connection was lost settles no other message',
    lateAnswer,
    ['cut', 'crash'],
  ),
  law('C63 crash of a consumer: another handles what it had in hand, and what waited for a retry', consumer, [
    'crash',
  ]),
  law('C66 killer: a message whose processes die is set aside after its limit, unhandled', killer, ['crash']),
  law('C63 crash of a publisher: what was confirmed to it arrives', publisher, ['crash']),
  law('C64 cut under load: every publish settles, and nothing confirmed is lost', cutUnderLoad, ['cut']),
  law('C65 restart of the broker: what was confirmed outlives it, and everything goes on', restart, [
    'restart',
  ]),
]

async function lateAnswer(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const [journal, other, answer, never] = [new Journal(), new Journal(), stage.gate(), stage.gate()]
  const sent = stage.texts(6)
  const started: string[] = []
  const dying = await stage.consumer(topic, { queue, concurrency: 20 }, async ({ data, signal }) => {
    const text = String(data)
    // On a new connection, brokers may number messages anew: the first of these is not the first of those.
    if (text === sent[0]) return journal.note(text)
    const isLate = text === sent[1] && !started.includes(text)
    started.push(text)
    await (isLate ? answer : never).opened
    signal.throwIfAborted()
    journal.note(text)
  })
  await stage.publish(await stage.publisher(), topic, sent)
  await stage.eventually(() => assert.deepEqual([started.length, journal.finished.length], [5, 1]))
  const restore = await stage.interrupt('cut')
  await stage.silence()
  await restore()
  await stage.eventually(() => assert.ok(dying.kernel.ready))
  // Where a lost connection gives its messages back, they are handed out again.
  await stage.silence()
  answer.open()
  await stage.silence()
  await stage.crash(dying)
  const handledBefore = [...journal.finished]
  await stage.consumer(topic, { queue }, ({ data }) => other.note(data))
  await stage.eventually(() => {
    const lost = sent.filter((text) => !handledBefore.includes(text) && !other.has(text))
    assert.deepEqual(lost, [], 'messages were lost')
  })
}

/** A handler whose first message waits for its retry, and whose others wait for the gate, unless they are taken away. */
function busy(stage: Stage, journal: Journal, first: string) {
  const gate = stage.gate()
  let failed = false
  const handle = async ({ data, signal }: Message): Promise<void> => {
    if (data === first && !failed) {
      failed = true
      throw new Retry({ after: 4 * stage.features.delayPrecision })
    }
    await journal.during(data, async () => {
      await gate.opened
      signal.throwIfAborted()
    })
  }
  /** Until it has so many messages in hand. */
  const isBusy = (count: number) =>
    stage.eventually(() => assert.deepEqual([failed, journal.running], [true, count]))
  return { gate, handle, isBusy }
}

async function consumer(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const [lost, journal] = [new Journal(), new Journal()]
  const sent = stage.texts(20)
  const { gate, handle, isBusy } = busy(stage, lost, String(sent[0]))
  // A try that ended with its process is no failure: with a single attempt, it would end in a dead letter.
  const options = { queue, concurrency: 10, retry: { attempts: 1 } }
  const dying = await stage.consumer(topic, options, handle)
  await stage.publish(await stage.publisher(), topic, sent)
  await isBusy(10)
  await stage.crash(dying)
  await stage.consumer(topic, options, ({ data }) => journal.note(data))
  await stage.handled(journal, sent)
  // What its handlers return now must not reach the broker.
  gate.open()
  await stage.silence()
  await stage.handled(journal, sent)
  assert.deepEqual(await stage.world.deadLetters(`${queue}.dead`), [])
}

async function killer(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const seen: number[] = []
  const journal = new Journal()
  const never = stage.gate()
  const options = { queue, concurrency: 10, retry: { attempts: 1, redeliveries: 1 } }
  const start = () =>
    stage.consumer(topic, options, async ({ data, redeliveries }) => {
      if (data !== 'killer') return journal.note(data)
      seen.push(redeliveries)
      await never.opened
    })
  await stage.declare(topic, options)
  await stage.publish(await stage.publisher(), topic, ['killer', 'neighbour'])
  for (const deaths of [1, 2]) {
    const dying = await start()
    await stage.eventually(() => assert.ok(seen.length >= deaths, `it has come ${seen.length} times`))
    await stage.handled(journal, ['neighbour'])
    await stage.crash(dying)
  }
  await start()
  await stage.eventually(async () => {
    const dead = await stage.world.deadLetters(`${queue}.dead`)
    assert.deepEqual(
      dead.map(({ data }) => data),
      ['killer'],
    )
    assert.match(String(dead[0]?.headers['x-dead-letter-reason']), /came back 2 times/)
  })
  if (stage.features.exactlyOnce) assert.deepEqual(seen, [0, 1])
}

async function publisher(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const journal = new Journal()
  await stage.declare(topic, { queue })
  const dying = await stage.start(() => {})
  const sent = stage.texts(50)
  await stage.publish(dying.bus, topic, sent)
  await stage.crash(dying)
  await stage.consumer(topic, { queue }, ({ data }) => journal.note(data))
  await stage.handled(journal, sent)
}

/** Publishes without an end, one message after the other. */
class Load {
  readonly confirmed: string[] = []
  readonly #publish: (text: string) => Promise<void>
  readonly #lanes: readonly Promise<void>[]
  #ended = false

  constructor(publish: (text: string) => Promise<void>, lanes: number) {
    this.#publish = publish
    this.#lanes = Array.from({ length: lanes }, (_, lane) => this.#run(lane))
  }

  /** Resolves when the last publish has settled. */
  async end(): Promise<void> {
    this.#ended = true
    await Promise.all(this.#lanes)
  }

  async #run(lane: number): Promise<void> {
    for (let count = 0; !this.#ended; count++) {
      const text = `message ${count} of lane ${lane}`
      await this.#publish(text).then(
        () => this.confirmed.push(text),
        () => {},
      )
      await sleep(2)
    }
  }
}

async function cutUnderLoad(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const journal = new Journal()
  await stage.consumer(topic, { queue }, ({ data, signal }) =>
    journal.during(data, () => sleep(20 * Math.random(), undefined, { signal })),
  )
  const { bus, kernel } = await stage.start(() => {})
  let told = 0
  kernel.bus.on('published', () => void told++)
  const load = new Load((text) => bus.publish(topic, text), 10)
  try {
    for (let cuts = 0; cuts <= 2; cuts++) {
      const before = load.confirmed.length
      await stage.eventually(() =>
        assert.ok(load.confirmed.length >= before + 50, `after ${cuts} cuts nothing is confirmed`),
      )
      if (cuts === 2) break
      const restore = await stage.interrupt('cut')
      await stage.silence()
      await restore()
    }
  } finally {
    await stage.settled(load.end(), 'publishing after cuts')
  }
  const { confirmed } = load
  await stage.eventually(() => {
    const lost = confirmed.filter((text) => !journal.has(text))
    assert.equal(lost.length, 0, `${lost.length} of ${confirmed.length} confirmed messages were lost`)
  })
  await stage.eventually(() => assert.equal(told, confirmed.length, 'told once of each confirmed message'))
  assert.deepEqual(await stage.world.deadLetters(`${queue}.dead`), [])
}

async function restart(stage: Stage): Promise<void> {
  const [topic, queue, waiting] = [stage.name('topic'), stage.name('queue'), stage.name('waiting')]
  const [journal, late] = [new Journal(), new Journal()]
  const sent = stage.texts(20)
  const { gate, handle, isBusy } = busy(stage, journal, String(sent[0]))
  await stage.declare(topic, { queue: waiting })
  await stage.consumer(topic, { queue, concurrency: 10 }, handle)
  const publisher = await stage.publisher()
  await stage.publish(publisher, topic, sent)
  const delayed = stage.features.delay ? ['delayed'] : []
  await stage.publish(publisher, topic, delayed, { delay: 4 * stage.features.delayPrecision })
  await isBusy(10)
  const restore = await stage.interrupt('restart')
  gate.open()
  await restore()
  await stage.settled(publisher.publish(topic, 'afterwards'), 'publishing when the broker is back')
  const all = [...sent, ...delayed, 'afterwards'].sort()
  await stage.consumer(topic, { queue: waiting }, ({ data }) => late.note(data))
  for (const each of [journal, late])
    await stage.eventually(() => assert.deepEqual([...new Set(each.finished)].sort(), all))
}
