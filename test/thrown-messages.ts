import { setTimeout as sleep } from 'node:timers/promises'
import { type DeadLetterMessage, Kernel, type MessageBus, Service, type TopicOptions } from 'tomodachi'
import type { Format } from 'tomodachi/envelopes'
import type { uvu } from 'uvu'
import * as assert from 'uvu/assert'
import { brokenThenables, thrownValues } from './hostile.ts'

interface Opened {
  readonly bus: MessageBus & { topic(topic: string, options?: TopicOptions): never }
  close(): Promise<unknown>
}

/** Resolves when the condition holds. Brokers, and the machine, may be busy. */
async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = performance.now() + 60_000; !(await condition()); await sleep(10))
    if (performance.now() > end) assert.unreachable(`${what} did not come`)
}

type Open = () => Promise<Opened>
type Unique = (purpose: string) => string

/** What a message bus makes of whatever its users' code throws: the same on each. */
export function thrownLaws(test: uvu.Test<object>, open: Open, unique: Unique): void {
  test('whatever a handler throws is retried, then set aside with a reason, and the queue goes on', () =>
    handlersThrow(open, unique))
  test('whatever a format throws, or gives, makes a dead letter or a failure of the publisher', () =>
    formatsThrow(open, unique))
}

const retry = { attempts: 2, backoff: () => 0 }

/** Everything in the dead-letter queue of the only queue. */
async function letters(
  bus: MessageBus,
  kernel: Kernel,
  count: number,
): Promise<readonly DeadLetterMessage[]> {
  const [queue] = await bus.deadLetterQueues.list(kernel.actors())
  let found: readonly DeadLetterMessage[] = []
  await until(async () => {
    found = await bus.deadLetterQueues.peek(queue?.name ?? '', { limit: count + 1 })
    return found.length >= count
  }, `${count} dead letters`)
  return found
}

async function handlersThrow(open: Open, unique: Unique): Promise<void> {
  const { bus, close } = await open()
  const [queue, handled] = [unique('thrown'), [] as string[]]
  const fail = (index: number) => {
    throw thrownValues[index]?.[1]()
  }
  const service = new Service().on(bus.topic(queue, { queue, retry, concurrency: 1 }), (({
    data,
  }: {
    data: number
  }) => {
    handled.push(String(data))
    if (data < thrownValues.length) fail(data)
    const broken = brokenThenables[data - thrownValues.length]
    if (broken) return broken[1]()
    return data < 0 ? (async () => fail(-data - 1))() : undefined
  }) as never)
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  const count = thrownValues.length + brokenThenables.length
  await Promise.all(thrownValues.map((_, index) => bus.publish(queue, -index - 1)))
  for (let index = 0; index < count; index++) await bus.publish(queue, index)
  const dead = await letters(bus, kernel, count + thrownValues.length)
  for (const { reason, error, attempts } of dead)
    assert.equal([typeof reason, typeof error, attempts], ['string', 'string', 2])
  assert.ok(dead.some(({ reason }) => reason === 'a value that cannot be shown'))
  await bus.publish(queue, 1_000)
  await until(() => handled.includes('1000'), 'the message behind')
  await kernel.stop()
  await close()
}

async function formatsThrow(open: Open, unique: Unique): Promise<void> {
  const { bus, close } = await open()
  const [queue, handled] = [unique('formats'), [] as unknown[]]
  const failing = [
    ...thrownValues.map(([, make]) => () => {
      throw make()
    }),
    ...brokenThenables.map(([, make]) => make),
  ] as readonly unknown[] as readonly (() => never)[]
  let [builds, next] = [true, 0]
  const envelope: Format = {
    build: () => (builds ? String(next) : (failing[next]?.() as never)),
    parse(payload) {
      const index = Number(Buffer.from(payload as Uint8Array).toString())
      return failing[index]?.() ?? { data: 'well', metadata: undefined }
    },
  }
  const service = new Service().on(
    bus.topic(queue, { queue, retry, envelope }),
    (({ data }: { data: unknown }) => void handled.push(data)) as never,
  )
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  for (next = 0; next <= failing.length; next++) await bus.publish(queue, next, { envelope })
  for (const { reason } of await letters(bus, kernel, failing.length))
    assert.match(reason ?? '', /cannot be parsed/)
  await until(() => handled.length === 1, 'the message behind')
  builds = false
  for (next = 0; next < failing.length; next++) {
    const failure = await bus.publish(queue, next, { envelope }).catch((error: unknown) => error)
    assert.is((failure as { code: string }).code, 'PAYLOAD_UNBUILDABLE')
  }
  await kernel.stop()
  await close()
}
