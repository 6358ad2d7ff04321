import assert from 'node:assert/strict'
import type { DeadLetterQueue, DeadLetterQueues } from '../../../kernel/index.ts'
import { Journal } from '../stage/journal.ts'
import { type Law, law } from '../stage/law.ts'
import type { Message, Stage } from '../stage/stage.ts'

/** What people can do with messages that were set aside. */
export const deadLetterQueueLaws: readonly Law[] = [
  law('C60 looking: list and peek say what was set aside and why, and leave it there', looking),
  law('C61 redrive: what was set aside is handled, as on its first attempt, and gone from there', redrive),
  law('C67 redrive in vain: what fails again is put back once, and the work ends', redriveInVain),
  law('C62 discard: so many messages are gone, and no others', discard),
  law('C74 reader: what was looked at and not settled is there at once for the next reader', reader),
  law('C75 count: never more than there is, and all that waits, also just after it was looked at', count),
  law('C68 dead-letter loop: a start is refused whose dead letters would come back', loop),
]

/** A handler that fails until it is mended, and what it has set aside. */
interface Scene {
  readonly queues: DeadLetterQueues
  readonly journal: Journal
  readonly handled: Message[]
  /** A text for each time that the handler has failed. */
  readonly failed: string[]
  /** Of the queue, where its messages are set aside. */
  aside(): Promise<DeadLetterQueue>
  mend(): void
}

/** Has messages set aside, and waits until all are. */
async function scene(stage: Stage, texts: readonly string[]): Promise<Scene & { readonly queue: string }> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const [journal, handled, failed]: [Journal, Message[], string[]] = [new Journal(), [], []]
  let mended = false
  const { bus, kernel } = await stage.consumer(
    topic,
    { queue, retry: { attempts: 2, backoff: () => 0 } },
    (message) => {
      if (!mended) {
        failed.push(String(message.data))
        throw new RangeError('not yet')
      }
      handled.push(message)
      journal.note(message.data)
    },
  )
  const queues = bus.deadLetterQueues
  async function aside(): Promise<DeadLetterQueue> {
    const [found, ...others] = await queues.list(kernel.actors())
    assert.ok(found && others.length === 0, 'one handler sets its messages aside in one queue')
    return found
  }
  await stage.publish(await stage.publisher(), topic, texts, { headers: { 'x-own': 'kept' } })
  await holds(stage, aside, texts.length)
  const mend = () => {
    mended = true
  }
  return { queues, journal, handled, failed, queue, aside, mend }
}

/** Waits until so many messages are set aside; where a bus repeats them, at least as many. */
async function holds(stage: Stage, aside: Scene['aside'], expected: number): Promise<void> {
  await stage.eventually(async () => {
    const { count } = await aside()
    const right = stage.features.exactlyOnce || expected === 0 ? count === expected : count >= expected
    assert.ok(right, `${count} messages are set aside instead of ${expected}`)
  })
}

async function looking(stage: Stage): Promise<void> {
  const texts = stage.texts(3)
  const { queues, queue, aside } = await scene(stage, texts)
  const { name, origins } = await aside()
  assert.deepEqual(origins, [queue])
  for (const called of [name, queue]) {
    // Brokers hide what was looked at for a moment.
    await stage.eventually(async () => {
      const messages = await queues.peek(called)
      assert.ok(messages.length >= texts.length, `${messages.length} of ${texts.length} messages are shown`)
      for (const { reason, error, attempts, headers, queue: from, payload } of messages) {
        assert.equal(reason, 'not yet')
        assert.equal(error, 'RangeError')
        assert.ok((attempts ?? 0) >= 2)
        assert.equal(headers['x-own'], 'kept')
        assert.equal(from, queue)
        assert.ok(texts.some((text) => String(payload).includes(text)))
      }
    })
  }
  await stage.eventually(async () => assert.equal((await queues.peek(name, { limit: 1 })).length, 1))
  await holds(stage, aside, texts.length)
}

async function redrive(stage: Stage): Promise<void> {
  const texts = stage.texts(5)
  const { queues, journal, handled, aside, mend } = await scene(stage, texts)
  mend()
  const { name } = await aside()
  let done = 0
  await stage.eventually(async () => {
    done += await queues.redrive(name, { limit: 2 - done })
    assert.equal(done, 2, 'two messages were to be put back')
  })
  if (stage.features.exactlyOnce) await holds(stage, aside, texts.length - 2)
  await stage.eventually(async () => {
    done += await queues.redrive(name)
    assert.ok(done >= texts.length, `${done} of ${texts.length} messages were put back`)
  })
  await stage.handled(journal, texts)
  for (const { attempt, headers } of handled) {
    if (stage.features.exactAttempts) assert.equal(attempt, 1)
    assert.equal(headers['x-own'], 'kept')
    assert.ok(!Object.keys(headers).some((header) => header.startsWith('x-dead-letter-')))
  }
  await holds(stage, aside, 0)
  assert.equal(await queues.redrive(name), 0)
}

async function redriveInVain(stage: Stage): Promise<void> {
  const texts = stage.texts(5)
  const { queues, failed, aside } = await scene(stage, texts)
  const { name } = await aside()
  const before = failed.length
  let done = 0
  await stage.eventually(async () => {
    done += await queues.redrive(name)
    assert.ok(done > 0, 'no message was put back')
  })
  await holds(stage, aside, texts.length)
  if (!stage.features.exactlyOnce) return
  assert.ok(done <= texts.length, `${done} messages were put back, and there were ${texts.length}`)
  // Each has two attempts.
  assert.ok(failed.length - before <= 2 * done, `${failed.length - before} attempts at ${done} messages`)
}

async function discard(stage: Stage): Promise<void> {
  const texts = stage.texts(3)
  const { queues, journal, aside, mend } = await scene(stage, texts)
  const { name } = await aside()
  mend()
  await stage.eventually(async () => assert.equal(await queues.discard(name, { limit: 1 }), 1))
  if (stage.features.exactlyOnce) await holds(stage, aside, 2)
  await stage.eventually(async () => {
    await queues.discard(name)
    assert.equal((await aside()).count, 0)
  })
  await stage.silence()
  assert.deepEqual(journal.started, [])
}

async function loop(stage: Stage): Promise<void> {
  const [first, second] = [stage.name('queue'), stage.name('queue')]
  for (const way of [[first], [first, second]]) {
    const { kernel } = await stage.instance((service, bus) => {
      for (const [place, queue] of way.entries()) {
        const deadLetter = way[(place + 1) % way.length] as string
        service.on(bus.topic(stage.name('topic'), { queue, deadLetter }), () => {})
      }
    })
    await assert.rejects(stage.settled(kernel.start(), 'the start of an instance'), {
      code: 'DEAD_LETTER_LOOP',
    })
  }
}

async function reader(stage: Stage): Promise<void> {
  const texts = stage.texts(3)
  const { queues, aside } = await scene(stage, texts)
  const { name } = await aside()
  const others = (await stage.publisher()).deadLetterQueues
  for (const limit of [1, 2]) {
    await stage.eventually(async () => assert.equal((await queues.peek(name, { limit })).length, limit))
    await stage.promptly(async () => {
      const { length } = await others.peek(name)
      assert.ok(length >= texts.length, `${length} of ${texts.length} messages are shown to the next reader`)
    })
  }
  let done = 0
  await stage.promptly(async () => {
    done += await others.discard(name)
    assert.ok(done >= texts.length, `${done} of ${texts.length} messages were discarded by the next reader`)
  })
}

async function count(stage: Stage): Promise<void> {
  const texts = stage.texts(3)
  const { queues, aside } = await scene(stage, texts)
  const { name, count: all } = await aside()
  for (let looks = 0; looks < 5; looks++) {
    let isLooking = true
    const looking = queues.peek(name).finally(() => {
      isLooking = false
    })
    while (isLooking) {
      // What is held at the moment may be counted or not.
      const { count: counted } = await aside()
      assert.ok(counted <= all, `${counted} messages were counted, and there are ${all}`)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await looking
    await stage.promptly(async () => assert.equal((await aside()).count, all))
  }
}
