import { type BatchGiven, type MessageBus, Service, topic } from 'tomodachi'
import { type AmqpGiven, type AmqpTopicOptions, amqp, type TlsOptions } from 'tomodachi/amqp'
import { memory } from 'tomodachi/memory'
import { z } from 'zod'
import { same, typed } from './same.ts'

const Order = z.object({ id: z.number() })
type Order = z.infer<typeof Order>
const order = topic('order', { schema: Order })
const price = topic('price', { schema: Order, reply: z.object({ price: z.number() }) })
const bus = amqp()
const service = new Service()

const tls: TlsOptions = { ca: ['PEM', Buffer.from('PEM')], servername: 'rabbit' }
amqp({ tls })
// @ts-expect-error what a server has
amqp({ tls: { requestCert: true } })

// A service moves between buses by changing one line.
const common: MessageBus = bus
common.publish(order, { id: 1 })

service.on(bus.topic(order, { queue: 'billing', exchange: 'orders' }), ({ data, routingKey, properties }) => {
  typed<Order>()(data)
  typed<string>()(routingKey)
  typed<string | undefined>()(properties.messageId)
})
// @ts-expect-error nothing is replied to a message
service.on(bus.topic(order), ({ data }) => data.id)

// A handler of batches is given a list.
service.on(bus.topic(order, { batch: { size: 10, wait: 50 } }), ({ batch }) => {
  typed<readonly AmqpGiven<Order>[]>()(batch)
  for (const { data, attempt } of batch) typed<number>()(data.id + attempt)
})
// @ts-expect-error there is no single message
service.on(bus.topic(order, { batch: { size: 10 } }), ({ data }) => void data)
service.on(memory().topic(order, { batch: { size: 10 } }), ({ batch }) =>
  typed<string | undefined>()(batch[0]?.topic),
)
bus.topic(order, { concurrency: 5, orderBy: ({ data }) => data.id, retry: { backoff: (attempt) => attempt } })

// Options that are not written in place may say either.
declare const options: AmqpTopicOptions<Order>
service.on(bus.topic(order, options), (given) => {
  const either: AmqpGiven<Order> | BatchGiven<AmqpGiven<Order>> = given
  // @ts-expect-error it may be a batch
  void given.data
  return void either
})

// Requests and their replies are typed by the topic.
service.on(bus.requests(price), ({ data }) => ({ price: data.id }))
// @ts-expect-error the price is missing
service.on(bus.requests(price), () => ({}))
// @ts-expect-error the price is a number
service.on(bus.requests(price), async () => ({ price: 'much' }))
service.on(bus.requests('untyped'), () => 'anything')
bus.request(price, { id: 1 }).then((reply) => same<typeof reply, { price: number }>(true))
bus.request('untyped', 1, { timeout: 5 }).then((reply) => same<typeof reply, unknown>(true))
// @ts-expect-error id is a number
bus.request(price, { id: '1' })
// @ts-expect-error a request cannot be delayed
bus.request(price, { id: 1 }, { delay: 5 })

bus.publish(order, { id: 1 }, { mandatory: true, exchange: 'orders', priority: 3, delay: 5 })
// @ts-expect-error no such option
amqp({ hostname: 'a' })
