import { createHash } from 'node:crypto'

const foreign = /[^a-zA-Z0-9_*#,;.:<>!"%&/()[\]{}\\=?'^`~+|@$ -]/gu
const encoded = /___((?:[0-9a-f]{2})+)_/g

/** A routing key as the Python library writes it: a character outside its alphabet becomes `___<UTF-8 as hex>_`. */
export function encodeRoutingKey(key: string): string {
  return key.replace(foreign, (character) => `___${Buffer.from(character).toString('hex')}_`)
}

/** A routing key as people write it. What was written in the encoded form is decoded too. */
export function decodeRoutingKey(key: string): string {
  if (!key.includes('___')) return key
  return key.replace(encoded, (_, hex: string) => Buffer.from(hex, 'hex').toString())
}

/** Name of the queue that all instances share when none is named, as in the Python library. */
export function sharedQueueName(key: string): string {
  return sha256(encodeRoutingKey(key))
}

/** Name of the queue that one instance has for itself, as in the Python library. */
export function ownQueueName(key: string, handler: string, uuid: string): string {
  return sha256(encodeRoutingKey(key) + handler + uuid)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
