import { textOf } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'

/** Headers in which RabbitMQ looks for more routing keys (sender-selected distribution). */
const moreKeys = ['CC', 'BCC'] as const

/**
 * Refuses headers with which the broker would close the channel or the connection, and so take other messages with it.
 * Throws `PUBLISH_REFUSED` and `PAYLOAD_UNBUILDABLE`.
 */
export function checkHeaders(topic: string, headers: Readonly<Record<string, unknown>>): void {
  for (const name of moreKeys) {
    const keys = headers[name]
    if (keys === undefined || (Array.isArray(keys) && keys.every((key) => typeof key === 'string'))) continue
    const reason = `the header ${name} must be a list of routing keys, not ${textOf(keys)}`
    throw new TomodachiError('PUBLISH_REFUSED', { topic, reason })
  }
  for (const name in headers) {
    const value = headers[name]
    if (typeof value === 'string' || isCarried(value)) continue
    const reason = `the header ${name} has a number that AMQP cannot carry, such as Infinity`
    throw new TomodachiError('PAYLOAD_UNBUILDABLE', { topic, reason })
  }
}

/** Whether the broker can read the value: Erlang has no infinite numbers, and takes the connection down. */
function isCarried(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return true
  // As amqplib takes values whose type is given.
  const { '!': type, value: typed } = value as { readonly '!'?: unknown; readonly value?: unknown }
  if (type === 'float') return Number.isFinite(Math.fround(typed as number))
  return Object.values(value).every(isCarried)
}
