// The main job: HTTP requests come in, events go over a message bus, handlers that fail are tried again, and what
// cannot be handled is set aside where people can see it.  Run it: npm start
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { DeadLetter, Service, topic } from 'tomodachi'
import { HttpError, http } from 'tomodachi/http'
import { memory } from 'tomodachi/memory'
import { z } from 'zod'

const NewOrder = z.object({ item: z.string().min(1), quantity: z.number().int().positive() })
const Order = NewOrder.extend({ id: z.string() })

const api = http({ port: Number(process.env.PORT ?? 9700) })
const bus = memory()
const orderCreated = topic('order.created', { schema: Order })

const orders = new Map<string, z.infer<typeof Order> & { status: string; attempts: number }>()

export default new Service({ name: 'orders', onStarted: printWhatToTry })
  .on(api.post('/orders', { body: NewOrder }), async ({ body }) => {
    const order = { id: randomUUID(), ...body }
    orders.set(order.id, { ...order, status: 'accepted', attempts: 0 })
    await bus.publish(orderCreated, order)
    return [202, order, { location: `/orders/${order.id}` }]
  })
  .on(api.get('/orders/:id'), ({ params }) => {
    const order = orders.get(params.id)
    if (!order) throw new HttpError(404, { error: `there is no order ${params.id}` })
    return { body: order }
  })
  .on(api.get('/orders'), () => ({ body: [...orders.values()] }))
  .on(api.get('/dead-letters'), () => ({ body: bus.deadLetters('warehouse.dead') }))
  .on(api.get('/slow'), async () => {
    await sleep(5_000)
    return 'I was finished, although you pressed Ctrl-C.\n'
  })
  .on(
    bus.topic(orderCreated, { queue: 'warehouse', retry: { attempts: 3, backoff: { first: 500 } } }),
    function reserve({ data, attempt, log }) {
      const order = orders.get(data.id)
      if (order) order.attempts = attempt
      if (data.item === 'unobtainium') throw new DeadLetter('nobody sells unobtainium')
      if (attempt === 1) throw new Error('the warehouse does not answer')
      if (order) order.status = 'reserved'
      log.info('reserved', { item: data.item, quantity: data.quantity })
    },
  )

function printWhatToTry(): void {
  console.log(`
Try, in another terminal:

  curl --json '{"item":"book","quantity":2}' ${api.url}/orders        (accepted; its first try fails, the second works)
  curl --json '{"item":"unobtainium","quantity":1}' ${api.url}/orders (set aside with its reason)
  curl --json '{"item":"book","quantity":0}' ${api.url}/orders        (400, names the field)
  curl ${api.url}/orders                                              (what became of them)
  curl ${api.url}/dead-letters
  curl ${api.url}/slow                                                (press Ctrl-C here meanwhile: it is finished)
`)
}
