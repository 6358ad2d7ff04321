import assert from 'node:assert/strict'
import { type Format, raw } from '../../../envelopes/index.ts'
import {
  DeadLetter,
  type DeadLetterMessage,
  type PublishOptions,
  type Topic,
  topic as topicOf,
} from '../../../kernel/index.ts'
import { Journal } from '../stage/journal.ts'
import { type Law, law } from '../stage/law.ts'
import type { Message, Stage } from '../stage/stage.ts'

/** What of a message arrives. */
export const wireLaws: readonly Law[] = [
  law('C33 binary payload: bytes arrive as they were, also by retry and redrive', binary),
  law('C33 headers: names and texts arrive as they were, also by retry and redrive', headersIntact),
  law(
    'C34 format: that of the topic makes its messages and reads them, that of a handler comes first',
    formats,
  ),
  law('C49 trace: goes along with retries, delays, dead letters and what handlers publish', trace),
]

/**
 * Sends one message on every way there is: it is handled and retried, handled and set aside, looked at, put back and handled.
 * Returns what the handler was given each time, and what was shown while the message was set aside.
 */
async function everyWay(stage: Stage, topic: Topic, data: unknown, options: PublishOptions = {}) {
  const handled: Message[] = []
  const { bus, kernel } = await stage.consumer(
    topic,
    { queue: stage.name('queue'), retry: { attempts: 100, backoff: () => 0 } },
    (message) => {
      handled.push(message)
      if (handled.length === 1) throw new Error('not yet')
      if (handled.length === 2) throw new DeadLetter('somebody should look at it')
    },
  )
  await bus.publish(topic, data, options)
  const { deadLetterQueues: queues } = bus
  const [aside] = await queues.list(kernel.actors())
  assert.ok(aside)
  let shown: DeadLetterMessage | undefined
  await stage.eventually(async () => {
    shown = (await queues.peek(aside.name))[0]
    assert.ok(shown, 'nothing has been set aside')
  })
  await stage.eventually(async () => assert.ok((await queues.redrive(aside.name)) > 0))
  await stage.eventually(() => assert.ok(handled.length >= 3, `handled ${handled.length} times`))
  return { handled, shown }
}

/** Every byte, in an order that is no UTF-8, with zeroes at both ends. */
const bytes = Uint8Array.from({ length: 1_026 }, (_, index) => (index * 255) % 256)

async function binary(stage: Stage): Promise<void> {
  const topic = topicOf(stage.name('topic'), { envelope: raw({ as: 'bytes' }) })
  const { handled, shown } = await everyWay(stage, topic, bytes)
  assert.deepEqual(Buffer.from(shown?.payload ?? ''), Buffer.from(bytes))
  for (const { data } of handled) assert.deepEqual(Buffer.from(data as Uint8Array), Buffer.from(bytes))
}

const own = {
  'x-text': 'å "quoted" \\ back and \u2028',
  'x-Mixed-Case': 'kept',
  'x-number': '007',
  'x-json': '{"a":[1,null]}',
  'x-long': 'long '.repeat(400).trim(),
}

async function headersIntact(stage: Stage): Promise<void> {
  const { handled, shown } = await everyWay(stage, topicOf(stage.name('topic')), 'message', { headers: own })
  for (const headers of [...handled.map(({ headers }) => headers), shown?.headers])
    assert.deepEqual({ ...headers, ...own }, headers)
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
