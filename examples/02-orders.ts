// The main job: HTTP requests come in, events go over a message bus, handlers that fail are tried again, and what
// cannot be handled is set aside where people can see it. A page shows it live.
// Run it: npm start
//         BUS=embedded npm start
// BUS chooses another bus: embedded is SNS+SQS in this process; amqp, redis and aws want a broker.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { DeadLetter, Service, topic } from 'tomodachi'
import { HttpError, http } from 'tomodachi/http'
import { schedule } from 'tomodachi/schedule'
import { websocket } from 'tomodachi/websocket'
import { z } from 'zod'
import { busFromEnvironment } from './bus.ts'

const NewOrder = z.object({ item: z.string().min(1), quantity: z.number().int().positive() })
const Order = NewOrder.extend({ id: z.string() })
type Tracked = z.infer<typeof Order> & { status: string; attempts: number }

const api = http({ port: Number(process.env.PORT ?? 9700) })
const live = websocket(api)
const bus = busFromEnvironment()
const timer = schedule()
const orderCreated = topic('order.created', { schema: Order })
const deadLetter = 'warehouse-dead'

const orders = new Map<string, Tracked>()

export default new Service({ name: 'orders', onStarted: printWhatToTry })
  .on(api.post('/orders', { body: NewOrder }), async ({ body }) => {
    const order = { id: randomUUID(), ...body }
    track({ ...order, status: 'accepted', attempts: 0 })
    await bus.publish(orderCreated, order)
    return [202, order, { location: `/orders/${order.id}` }]
  })
  .on(api.get('/orders/:id'), ({ params }) => {
    const order = orders.get(params.id)
    if (!order) throw new HttpError(404, { error: `there is no order ${params.id}` })
    return { body: order }
  })
  .on(api.get('/orders'), () => ({ body: [...orders.values()] }))
  .on(api.get('/dead-letters'), async () => {
    const messages = await bus.deadLetterQueues.peek(deadLetter)
    // Why each is there, and not what it says: that is for those who may run `tomodachi dlq show --payload`.
    return { body: messages.map(({ reason, attempts, time }) => ({ reason, attempts, time })) }
  })
  .on(api.get('/slow'), async () => {
    await sleep(5_000)
    return 'I was finished, although you pressed Ctrl-C.\n'
  })
  .on(
    bus.topic(orderCreated, {
      queue: 'warehouse',
      deadLetter,
      retry: { attempts: 3, backoff: { first: 500 } },
    }),
    function reserve({ data, attempt, log }) {
      if (data.item === 'unobtainium') {
        track({ ...data, status: 'set aside', attempts: attempt })
        throw new DeadLetter('nobody sells unobtainium')
      }
      track({ ...data, status: attempt === 1 ? 'tried' : 'reserved', attempts: attempt })
      if (attempt === 1) throw new Error('the warehouse does not answer')
      log.info('reserved', { item: data.item, quantity: data.quantity })
    },
  )
  .on(live.path('/live/orders'), ({ socket }) => {
    socket.join('watchers')
    for (const order of orders.values()) socket.send(JSON.stringify({ order }))
  })
  .on(timer.every('10s', { immediately: true }), function summarize() {
    const waiting = [...orders.values()].filter(({ status }) => status === 'accepted' || status === 'tried')
    const summary = `${orders.size} orders, ${waiting.length} of them waiting`
    live.to('watchers').send(JSON.stringify({ summary }))
  })
  .on(api.files('/', new URL('pages/', import.meta.url), { index: 'orders.html' }))

/** Keeps what is known of an order, and shows it to those who watch. */
function track(order: Tracked): void {
  orders.set(order.id, order)
  live.to('watchers').send(JSON.stringify({ order }))
}

function printWhatToTry(): void {
  process.stdout.write(`
Open ${api.url} in a browser, or try in another terminal:

  An order: its first try fails, the second works
  curl --json '{"item":"book","quantity":2}' ${api.url}/orders

  An order that nobody can fill: it is set aside with the reason
  curl --json '{"item":"unobtainium","quantity":1}' ${api.url}/orders

  A wrong order: the answer is 400, and names the field
  curl --json '{"item":"book","quantity":0}' ${api.url}/orders

  What became of the orders, and which were set aside
  curl ${api.url}/orders
  curl ${api.url}/dead-letters

  A slow request: press Ctrl-C here before it ends, and it is still answered
  curl ${api.url}/slow

`)
}
