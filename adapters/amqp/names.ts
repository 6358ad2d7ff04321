import { createHash } from 'node:crypto'

const foreign = /[^a-zA-Z0-9_*#,;.:<>!"%&/()[\]{}\\=?'^`~+|@$ -]/gu
const encoded = /___((?:[0-9a-f]{2})+)_/g

/** A routing key as the Python library puts it on the wire: what is not of its alphabet becomes `___<UTF-8 as hex>_`. */
export function encodeRoutingKey(key: string): string {
  return key.replace(foreign, (character) => `___${Buffer.from(character).toString('hex')}_`)
}

/** A routing key as people wrote it. What was written in the encoded form turns into what that stands for. */
export function decodeRoutingKey(key: string): string {
  if (!key.includes('___')) return key
  return key.replace(encoded, (_, hex: string) => Buffer.from(hex, 'hex').toString())
}

/** Name of the queue that all instances share when they name none, as in the Python library. */
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
