import { createHash } from 'node:crypto'

const foreign = /[^a-zA-Z0-9_*#,;.:<>!"%&/()[\]{}\\=?'^`~+|@$ -]/gu
const encoded = /___((?:[0-9a-f]{2})+)_/g

/** A routing key as the Python library writes it: a character outside its alphabet becomes `___<UTF-8 as hex>_`. */
export function encodeRoutingKey(key: string): string {
  return key.replace(foreign, (character) => `___${Buffer.from(character).toString('hex')}_`)
}

/** A routing key as people write it. A key that was written in the encoded form is decoded too. */
export function decodeRoutingKey(key: string): string {
  if (!key.includes('___')) return key
  return key.replace(encoded, (_, hex: string) => Buffer.from(hex, 'hex').toString())
}

/** Default name of a queue that all instances share, as in the Python library. */
export function sharedQueueName(key: string): string {
  return sha256(encodeRoutingKey(key))
}

/** Name of a queue that belongs to one instance, as in the Python library. */
export function ownQueueName(key: string, handler: string, uuid: string): string {
  return sha256(encodeRoutingKey(key) + handler + uuid)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
