import { jsonBase, raw } from 'tomodachi/envelopes'

const order = { id: 'order-17', customer: 'anna', items: [{ sku: 'A-100', quantity: 2 }] }

const contents = {
  raw: { format: raw({ as: 'text' }), data: JSON.stringify(order), sizeOf: (data) => data.length },
  jsonBase: { format: jsonBase(), data: order, sizeOf: (data) => data.items.length },
}

const [url, name, key] = process.argv.slice(2)

/** The broker, and the routing key of all messages. */
export { key, url }
/** The wire format and the data of every message, and something that tells whether it has arrived whole. */
export const { format, data, sizeOf } = contents[name]

/** Messages that may be under way to the broker, unconfirmed. */
export const publishWindow = 256
/** Messages that may be handed out, unacked. */
export const prefetch = 100
