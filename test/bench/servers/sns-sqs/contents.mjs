import { raw } from 'tomodachi/envelopes'

const order = { id: 'order-17', customer: 'anna', items: [{ sku: 'A-100', quantity: 2 }] }
const text = JSON.stringify(order)

const [port, name] = process.argv.slice(2)

/** Name of the topic and of its queue. */
export { name }
export const endpoint = `http://127.0.0.1:${port}`
export const region = 'eu-west-1'
export const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' }
export const format = raw({ as: 'text' })

/** Most entries of a batch call. */
export const batchSize = 10
/** How long a message, and a delete, wait for others that go in the same call, in milliseconds. */
export const publishLinger = 5
export const deleteLinger = 50
/** Messages that may be under way to the topic, unconfirmed. */
export const publishWindow = 256

/** A message that says when it was made. */
export function dataNow() {
  return `${performance.now()} ${text}`
}

/** How long ago a message was made, in milliseconds. Throws when it has not arrived whole. */
export function ageOf(data) {
  if (!data.endsWith(text)) throw new Error(`a message was changed: ${data}`)
  return performance.now() - Number.parseFloat(data)
}
