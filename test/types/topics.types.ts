import { type DataOf, type MessageBus, Service, type Topic, topic } from 'tomodachi'
import type { PublishedTo } from 'tomodachi/adapter-kit'
import { amqp } from 'tomodachi/amqp'
import { memory } from 'tomodachi/memory'
import { redis } from 'tomodachi/redis'
import { snsSqs } from 'tomodachi/sns-sqs'
import { z } from 'zod'
import { same, typed } from './same.ts'

const Order = z.object({ id: z.number(), placed: z.coerce.date(), note: z.string().optional() })
type Order = z.infer<typeof Order>

const orderCreated = topic('order.created', { schema: Order })
const plain = topic<{ readonly id: number }>('order.plain')
const bus = memory()
const service = new Service()

same<typeof orderCreated, Topic<z.input<typeof Order>, Order>>(true)
same<typeof plain, Topic<{ readonly id: number }>>(true)
same<DataOf<typeof orderCreated>, Order>(true)
same<DataOf<'order.created'>, unknown>(true)

// Publishing is checked by the schema, or by the declared type.
const placed = new Date(0)
bus.publish(orderCreated, { id: 1, placed })
bus.publish(orderCreated, { id: 1, placed, note: 'x' }, { headers: { a: 1 }, delay: 5 })
bus.publish(plain, { id: 1 })
bus.publish('anything', { at: 'all' })
// @ts-expect-error id is a number
bus.publish(orderCreated, { id: '1', placed })
// @ts-expect-error placed is missing
bus.publish(orderCreated, { id: 1 })
// @ts-expect-error data is needed
bus.publish(orderCreated)
// @ts-expect-error id is a number
bus.publish(plain, { id: 'one' })
// @ts-expect-error no such option
bus.publish(plain, { id: 1 }, { later: 5 })

// What is received is what the schema makes.
service.on(bus.topic(orderCreated, { queue: 'billing' }), ({ data, topic, attempt, metadata }) => {
  typed<Order>()(data)
  typed<Date>()(data.placed)
  typed<string | undefined>()(data.note)
  typed<string>()(topic)
  typed<number>()(attempt)
  typed<string | undefined>()(metadata?.messageUuid)
})
service.on(bus.topic(plain), ({ data }) => typed<{ readonly id: number }>()(data))
service.on(bus.topic('order.*'), ({ data }) => typed<unknown>()(data))
// @ts-expect-error an order has no price
service.on(bus.topic(orderCreated), ({ data }) => data.price)
// @ts-expect-error data of a bare name is unknown
service.on(bus.topic('order.created'), ({ data }) => data.id)
// @ts-expect-error nothing is replied to a message
service.on(bus.topic(plain), ({ data }) => data.id)

// Options of a topic know its data, and only options of every bus are taken.
bus.topic(orderCreated, {
  queue: 'billing',
  competing: true,
  concurrency: 10,
  orderBy: ({ data }) => data.id,
  retry: { attempts: 3, backoff: (attempt) => attempt * 1_000 },
  onError: 'retry',
  deadLetter: 'billing.dead',
})
// @ts-expect-error an order has no customer
bus.topic(orderCreated, { orderBy: ({ data }) => data.customer })
// @ts-expect-error there are two rules only
bus.topic(orderCreated, { onError: 'ignore' })
// @ts-expect-error no such option
bus.topic(orderCreated, { prefetch: 10 })

// Published is the input of the schema, handled its output; `orderBy` sees what arrives.
const Placed = z.object({ id: z.string().transform(Number), currency: z.string().default('EUR') })
const orderPlaced = topic('order.placed', { schema: Placed })
same<
  typeof orderPlaced,
  Topic<{ id: string; currency?: string | undefined }, { id: number; currency: string }>
>(true)
same<PublishedTo<typeof orderPlaced>['id'], string>(true)
for (const any of [bus, amqp(), snsSqs(), redis()] as const) {
  any.publish(orderPlaced, { id: '7' })
  // @ts-expect-error the input is text
  any.publish(orderPlaced, { id: 7 })
}
snsSqs().sendMessage(orderPlaced, { id: '7' })
// @ts-expect-error the input is text
snsSqs().sendMessage(orderPlaced, { id: 7 })
service
  .on(bus.topic(orderPlaced), ({ data }) => typed<{ id: number; currency: string }>()(data))
  .on(amqp().topic(orderPlaced, { batch: { size: 2 } }), ({ batch }) =>
    typed<number | undefined>()(batch[0]?.data.id),
  )
  .on(redis().topic(orderPlaced), ({ data }) => typed<number>()(data.id))
  .on(snsSqs().queue(orderPlaced), ({ data }) => typed<number>()(data.id))
bus.topic(orderPlaced, { orderBy: ({ data }) => typed<string>()(data.id) })
for (const source of [
  bus.topic(orderPlaced),
  amqp().requests(orderPlaced),
  redis().topic(orderPlaced),
] as const)
  service.on(source, () => {}, { orderBy: ({ data, attempt }) => [typed<string>()(data.id), attempt] })
service.on(snsSqs().queue(orderPlaced), () => {}, { orderBy: ({ data }) => typed<string>()(data.id) })
// A schema of the topic's own types, and one for requests whose reply has another input than output.
const declared: Topic<string, Date> = topic<string, Date>('declared')
service.on(bus.topic(declared), ({ data }) => typed<Date>()(data))
const dated = topic('dated', { schema: Placed, reply: z.iso.datetime().transform((text) => new Date(text)) })
service.on(amqp().requests(dated), ({ data }) => data.id.toFixed())
// @ts-expect-error the reply is made of text
service.on(amqp().requests(dated), () => new Date())
amqp()
  .request(dated, { id: '7' })
  .then((reply) => typed<Date>()(reply))
// @ts-expect-error the input is text
amqp().request(dated, { id: 7 })

// A service that is written against the contract takes any bus.
function billing(any: MessageBus): Service {
  return new Service().on(any.topic(orderCreated), async ({ data }) => {
    await any.publish(plain, { id: data.id })
  })
}
billing(bus)
billing(bus.use(async (_, next) => next({ user: 'ada' })))
// @ts-expect-error the topic that a pattern matched is the memory bus's own
new Service().on(({} as MessageBus).topic('a.*'), ({ topic }) => topic)
