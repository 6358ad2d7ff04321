// One trace: a request, a message on a bus, its retry, a call, and the request that it makes, printed as spans.
// Run it: OTEL_TRACES_EXPORTER=console OTEL_METRICS_EXPORTER=none npx tomodachi run --no-capture --opentelemetry-instrument examples/15-one-trace.ts
// Try it: curl --json '{"item":"book"}' http://127.0.0.1:9700/orders
// It prints six spans. All have the same traceId, and parentSpanContext of one has the id of another.
import { getLogger, Service, topic } from 'tomodachi'
import { client, http } from 'tomodachi/http'
import { memory } from 'tomodachi/memory'
import { opentelemetry } from 'tomodachi/opentelemetry'
import { z } from 'zod'

const Order = z.object({ item: z.string() })
const orderPlaced = topic('order.placed', { schema: Order })

const port = Number(process.env.PORT ?? 9700)
const api = http({ port })
const warehouse = client(`http://127.0.0.1:${port}`)
const bus = memory()
let tries = 0

export default new Service({ name: 'shop', adapters: [opentelemetry(), warehouse] })
  .on(api.post('/orders', { body: Order }), async ({ body }) => {
    await bus.publish(orderPlaced, body)
    return [202, '']
  })
  .on(bus.topic(orderPlaced, { queue: 'reservations', retry: { backoff: () => 100 } }), async ({ data }) => {
    tries++
    if (tries % 2 === 1) throw new Error('the warehouse does not answer')
    await warehouse.put('/stock/:item', { params: data })
  })
  .on(api.put('/stock/:item'), ({ params }) => {
    getLogger().info('reserved', params)
  })
