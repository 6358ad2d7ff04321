import { jsonBase, raw } from 'tomodachi/envelopes'

const order = { id: 'order-17', customer: 'anna', items: [{ sku: 'A-100', quantity: 2 }] }
const text = JSON.stringify(order)

/** Messages between two looks at the clock. */
const batch = 1_000

const contents = {
  jsonBase: { format: jsonBase(), data: order, sizeOf: (data) => data.items.length },
  raw: { format: raw(), data: text, sizeOf: (data) => data.length },
}

const [name, count] = process.argv.slice(2)

/** The wire format and the data of every message. */
export const { format, data } = contents[name]
const { sizeOf } = contents[name]

/** Middlewares that do nothing but call the next one: what is measured is the way through them. */
export const middlewares = Array.from({ length: Number(count) }, () => async (_context, next) => next())

let handled = 0
let size = 0

/** Handles a message, in whatever way it came. */
export function handler({ data }) {
  handled++
  size += sizeOf(data)
}

/**
 * Runs `deliver`, which resolves when so many messages have been handled, until the time is up. Returns the messages
 * per second. Rejects when one got lost or changed.
 */
export async function rate(milliseconds, deliver) {
  const before = { handled, size }
  const startedAt = performance.now()
  let messages = 0
  let elapsed = 0
  while (elapsed < milliseconds) {
    await deliver(batch)
    messages += batch
    elapsed = performance.now() - startedAt
  }
  const wrong = handled - before.handled !== messages || size - before.size !== messages * sizeOf(data)
  if (wrong) throw new Error('messages were lost or changed')
  return messages / (elapsed / 1_000)
}
