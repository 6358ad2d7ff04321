import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Law, law } from '../stage/law.ts'
import type { Message, Stage } from '../stage/stage.ts'

/** What a message that is hidden for a limited time is kept by. */
export const leaseLaws: readonly Law[] = [
  law('C71 slow handler: nobody else gets its message, however long the handler takes', slowHandler, [
    'leases',
  ]),
]

/** A lease may be lost on a machine that stands still. The handler is told, and then it proves nothing. */
const tries = 10

async function slowHandler(stage: Stage): Promise<void> {
  const [topic, queue] = [stage.name('topic'), stage.name('queue')]
  const signals = new Map<string, AbortSignal>()
  const [ended, repeated] = [new Set<string>(), new Set<string>()]
  const handle = async ({ data, signal }: Message) => {
    const text = String(data)
    if (signals.has(text)) {
      if (!ended.has(text)) repeated.add(text)
      return
    }
    signals.set(text, signal)
    await sleep(1.5 * stage.features.lease)
    ended.add(text)
  }
  for (let instances = 0; instances < 2; instances++) await stage.consumer(topic, { queue }, handle)
  const publisher = await stage.publisher()
  for (const text of stage.texts(tries)) {
    await publisher.publish(topic, text)
    await stage.eventually(() => assert.ok(ended.has(text), 'a message is not handled'))
    if (signals.get(text)?.aborted) continue
    return assert.ok(!repeated.has(text), 'a message was handed out again while it was being handled')
  }
  assert.fail('messages are taken from handlers that take longer than a lease')
}
