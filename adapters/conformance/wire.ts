import assert from 'node:assert/strict'
import { type Format, raw } from '../../envelopes/index.ts'
import { DeadLetter, topic as topicOf } from '../../kernel/index.ts'
import { Journal } from './journal.ts'
import { type Law, law } from './law.ts'
import type { Stage } from './stage.ts'

/** What of a message arrives. */
export const wireLaws: readonly Law[] = [
  law('C33 binary payload: bytes arrive as they were, also by retry and redrive', binary),
  law(
    'C34 format: that of the topic makes its messages and reads them, that of a handler comes first',
    formats,
  ),
  law('C49 trace: goes along with retries, delays, dead letters and what handlers publish', trace),
]

/** Every byte, in an order that is no UTF-8, with zeroes at both ends. */
const bytes = Uint8Array.from({ length: 1_026 }, (_, index) => (index * 255) % 256)

async function binary(stage: Stage): Promise<void> {
  const [name, queue] = [stage.name('topic'), stage.name('queue')]
  const contract = topicOf(name, { envelope: raw({ as: 'bytes' }) })
  const received: Uint8Array[] = []
  const { bus, kernel } = await stage.start((service, bus) => {
    const retry = { attempts: 100, backoff: () => 0 }
    service.on(bus.topic(contract, { queue, retry }), ({ data }) => {
      received.push(data as Uint8Array)
      if (received.length === 1) throw new Error('not yet')
      if (received.length === 2) throw new DeadLetter('somebody should look at it')
    })
  })
  await bus.publish(contract, bytes)
  const { deadLetterQueues: queues } = bus
  const [aside] = await queues.list(kernel.actors())
  assert.ok(aside)
  await stage.eventually(async () => {
    const [message] = await queues.peek(aside.name)
    assert.deepEqual(Buffer.from(message?.payload ?? ''), Buffer.from(bytes))
  })
  await stage.eventually(async () => assert.ok((await queues.redrive(aside.name)) > 0))
  await stage.eventually(() => assert.ok(received.length >= 3, `handled ${received.length} times`))
  for (const payload of received) assert.deepEqual(Buffer.from(payload), Buffer.from(bytes))
}

/** Text between brackets: nothing else reads it, nor does it read anything else. */
const bracketed: Format = {
  build: (data) => `<${String(data)}>`,
  parse(payload) {
    const [, data] = /^<(.*)>$/s.exec(Buffer.from(payload).toString()) ?? []
    if (data === undefined) throw new Error('there are no brackets')
    return { data, metadata: undefined }
  },
}

async function formats(stage: Stage): Promise<void> {
  const name = stage.name('topic')
  const contract = topicOf(name, { envelope: bracketed })
  const [own, text] = [new Journal(), new Journal()]
  const { bus } = await stage.start((service, bus) => {
    service.on(bus.topic(contract, { queue: stage.name('queue') }), ({ data }) => own.note(data))
    const envelope = raw({ as: 'text' })
    service.on(bus.topic(contract, { queue: stage.name('queue'), envelope }), ({ data }) => text.note(data))
  })
  await bus.publish(contract, 'of the topic')
  await stage.handled(own, ['of the topic'])
  await stage.handled(text, ['<of the topic>'])
  await bus.publish(contract, '<of the publisher>', { envelope: raw() })
  await stage.handled(own, ['of the publisher', 'of the topic'])
  await stage.handled(text, ['<of the publisher>', '<of the topic>'])
}

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const headers = { traceparent, tracestate: 'vendor=1', baggage: 'tenant=7' }

async function trace(stage: Stage): Promise<void> {
  const [first, second] = [stage.name('topic'), stage.name('topic')]
  const seen: Record<string, unknown>[] = []
  const { bus, kernel } = await stage.start((service, bus) => {
    const retry = { attempts: 100, backoff: () => 0 }
    const delay = stage.features.delay ? stage.features.delayPrecision : 0
    service.on(bus.topic(first, { queue: stage.name('queue'), retry }), async ({ headers, attempt }) => {
      seen.push(headers)
      if (attempt === 1) throw new Error('not yet')
      await bus.publish(second, 'what follows', { delay })
    })
    service.on(bus.topic(second, { queue: stage.name('queue') }), ({ headers, envelope }) => {
      assert.deepEqual(headers, envelope.headers)
      seen.push(headers)
      throw new DeadLetter('somebody should look at it')
    })
  })
  await bus.publish(first, 'message', { headers })
  const aside = (await bus.deadLetterQueues.list(kernel.actors())).map(({ name }) => name)
  await stage.eventually(async () => {
    const messages = await Promise.all(aside.map((name) => bus.deadLetterQueues.peek(name)))
    const [message] = messages.flat()
    assert.ok(message, 'nothing has been set aside')
    seen.push(message.headers)
  })
  assert.ok(seen.length >= 4)
  for (const each of seen) assert.deepEqual({ ...each, ...headers }, each)
}
