import type { DeadLetterMessage } from '../../index.ts'
import type { FoundQueue } from './queues.ts'

/** A message, with its payload if that was asked for. */
export type ShownMessage = Omit<DeadLetterMessage, 'payload'> & { readonly payload?: string }

/** A table of bus, queue and count. */
export function queuesText(queues: readonly FoundQueue[]): string {
  const rows = queues.map(
    ({ bus, name, count }) => [printable(bus.name), printable(name), String(count)] as const,
  )
  const table = [['bus', 'queue', 'messages'] as const, ...rows]
  const [busWidth, nameWidth] = [widest(table.map(([bus]) => bus)), widest(table.map(([, name]) => name))]
  return table
    .map(([bus, name, count]) => `${bus.padEnd(busWidth)}  ${name.padEnd(nameWidth)}  ${count}\n`)
    .join('')
}

/** An array, indented. */
export function jsonText(values: readonly object[]): string {
  return `${JSON.stringify(values, undefined, 2)}\n`
}

/** A paragraph for each message. */
export function messagesText(messages: readonly ShownMessage[]): string {
  return messages.map(messageText).join('\n')
}

function messageText({ payload, time, ...message }: ShownMessage): string {
  const { id, reason, error, attempts, topic, queue } = message
  const shown = { time: time?.toISOString(), topic, queue, reason, error, attempts, id, payload }
  return Object.entries(shown)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name.padEnd(9)} ${printable(String(value))}\n`)
    .join('')
}

/** Text as it is, and bytes as Base64, which JSON and terminals can carry. */
export function textOf(payload: DeadLetterMessage['payload']): string {
  return payload instanceof Uint8Array ? `base64:${Buffer.from(payload).toString('base64')}` : payload
}

/** Whoever publishes a message must not be able to move the reader's cursor or fake lines. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) =>
    JSON.stringify(character).slice(1, -1).replace('\x7f', '\\u007f'),
  )
}

function widest(texts: readonly string[]): number {
  return Math.max(...texts.map(({ length }) => length))
}
