// A service that competes with a Python one: the same exchange, the same queue, the same JSON. Each parcel is priced by
// one of the two, and nobody on the other side of the broker can tell by which. The Python one stays as it is:
//
//     class Service(tomodachi.Service):
//         name = "postage"
//
//         @tomodachi.amqp("parcel.packed", queue_name="postage", message_envelope=JsonBase)
//         async def price(self, data):
//             priced = {**data, "postage": 40 + 15 * data["kilos"]}
//             await tomodachi.amqp_publish(self, priced, routing_key="parcel.priced", message_envelope=JsonBase)
//
// Run it: npx tomodachi run examples/12-beside-python.ts
// Try it: curl --json '{"id":"a","kilos":2}' http://127.0.0.1:9700/parcels
// RabbitMQ is expected here, or at AMQP_URL.
import { DeadLetter, Service, topic } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { http } from 'tomodachi/http'
import { z } from 'zod'

const Parcel = z.object({ id: z.string(), kilos: z.number().positive() })
const packed = topic('parcel.packed', { schema: Parcel })
const priced = topic('parcel.priced', { schema: Parcel.extend({ postage: z.number() }) })

const api = http({ port: Number(process.env.PORT ?? 9700) })
// The exchange amq.topic and the format jsonBase() are the defaults, as over there.
const bus = amqp({ url: process.env.AMQP_URL ?? 'amqp://127.0.0.1' })

export default new Service({ name: 'postage' })
  .on(api.post('/parcels', { body: Parcel }), async ({ body }) => {
    await bus.publish(packed, body)
    return [202]
  })
  .on(bus.topic(packed, { queue: 'postage' }), async function price({ data, log }) {
    // An error over there loses the message; here it waits in postage.dead until somebody looks at it.
    if (data.kilos > 20) throw new DeadLetter('nobody carries more than 20 kg')
    await bus.publish(priced, { ...data, postage: 40 + 15 * data.kilos })
    log.info('priced', { parcel: data.id })
  })
