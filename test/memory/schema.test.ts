import { configureLogging, Kernel, Service, topic } from 'tomodachi'
import { MemoryBroker, memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { until } from '../until.ts'

configureLogging({ logger: 'disabled' })

const test = suite('topic schemas')

const Order = z.object({
  id: z.string().transform(Number),
  placed: z.iso.datetime().transform((text) => new Date(text)),
  currency: z.string().default('EUR'),
})
const order = topic('order', { schema: Order })
const settings = topic('settings', { schema: z.object({ retries: z.number().default(3) }) })
const placed = '2027-01-31T08:00:00.000Z'

test('what is published goes out as it was given, and the handler is given what the schema makes of it', async () => {
  const broker = new MemoryBroker()
  const bus = memory({ broker })
  const seen: unknown[] = []
  const sent: unknown[] = []
  const service = new Service()
    .on(bus.topic(order), ({ data }) => void seen.push([data.id + 1, data.placed.getTime(), data.currency]))
    .on(bus.topic(settings), ({ data }) => void seen.push(data.retries))
    .on(bus.topic('order', { queue: 'sent' }), ({ data }) => void sent.push(data))
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  await bus.publish(order, { id: '7', placed })
  await bus.publish(settings, {})
  await until(() => seen.length === 2 && sent.length === 1, 'all are handled')
  assert.equal(seen, [[8, Date.parse(placed), 'EUR'], 3])
  assert.equal(sent, [{ id: '7', placed }])
  await kernel.stop()
})

test('each message of a batch is what the schema makes of it', async () => {
  const bus = memory()
  const seen: unknown[] = []
  const service = new Service().on(bus.topic(order, { batch: { size: 2 } }), ({ batch }) => {
    seen.push(...batch.map(({ data }) => [data.id, data.placed.getFullYear(), data.currency]))
  })
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  await bus.publish(order, { id: '1', placed })
  await bus.publish(order, { id: '2', placed, currency: 'SEK' })
  await until(() => seen.length === 2, 'both are handled')
  assert.equal(seen, [
    [1, 2027, 'EUR'],
    [2, 2027, 'SEK'],
  ])
  await kernel.stop()
})

test('orderBy is given data as it arrived, and handlers and retries what the schema makes of it', async () => {
  const bus = memory()
  const keys: unknown[] = []
  const attempts: unknown[] = []
  const options = {
    orderBy: ({ data }: { data: { id: string } }) => keys.push(data.id),
    retry: { backoff: () => 0 },
  }
  const service = new Service().on(bus.topic(order, options), ({ data, attempt }) => {
    attempts.push([attempt, data.placed])
    if (attempt === 1) throw new Error('once more')
  })
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  await bus.publish(order, { id: '7', placed })
  await until(() => attempts.length === 2, 'it is tried twice')
  assert.equal(attempts, [
    [1, new Date(placed)],
    [2, new Date(placed)],
  ])
  assert.equal(keys, ['7', '7'])
  await kernel.stop()
})

test('the output of a schema is refused where the input is meant', async () => {
  const bus = memory()
  const kernel = await new Kernel([new Service({ adapters: [bus] })], { ownsProcess: false }).start()
  // @ts-expect-error the input is text
  const error = await bus.publish(order, { id: 7, placed: new Date() }).catch((reason: unknown) => reason)
  assert.is((error as { code?: string }).code, 'PAYLOAD_INVALID')
  await kernel.stop()
})

test.run()
