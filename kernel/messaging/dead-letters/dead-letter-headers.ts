import { isUtf8 } from 'node:buffer'
import type { Settlement } from '../../actors/settlement.ts'
import { nameOf, stackOf, textOf } from '../../thrown.ts'
import type { DeadLetterItem } from '../broker/dead-letter-reader.ts'
import type { DeadLetterMessage } from './dead-letter-queues.ts'

const prefix = 'x-dead-letter-'
/** Longest texts: all headers together have to fit into what brokers take. */
const longestReason = 2_000
const longestStack = 8_000

/** Headers that a dead letter carries beside those of the message, so that people can see why it is there. */
export function deadLetterHeaders(
  settlement: Settlement & { readonly state: 'deadLettered' },
  origin: { readonly topic: string; readonly queue: string; readonly attempts: number },
): Record<string, unknown> {
  const { reason, error } = settlement
  return {
    'x-dead-letter-reason': cut(reason, longestReason),
    'x-dead-letter-error': nameOf(error),
    'x-dead-letter-stack': cut(stackOf(error), longestStack),
    'x-dead-letter-topic': origin.topic,
    'x-dead-letter-queue': origin.queue,
    'x-dead-letter-attempts': origin.attempts,
    'x-dead-letter-time': new Date().toISOString(),
  }
}

/** The headers of a message without those that say why it was set aside. */
export function withoutDeadLetterHeaders(
  headers: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(prefix)))
}

/** What a dead letter says of itself. */
export function deadLetterMessage({ id, headers, payload, ...known }: DeadLetterItem): DeadLetterMessage {
  const said = (name: string) => {
    const value = headers[prefix + name]
    return value === undefined || value === null ? undefined : textOf(value)
  }
  const attempts = Number(said('attempts') ?? Number.NaN)
  const time = new Date(said('time') ?? Number.NaN)
  return {
    id,
    topic: said('topic') ?? known.topic,
    queue: said('queue') ?? known.queue,
    reason: said('reason'),
    error: said('error'),
    attempts: Number.isNaN(attempts) ? undefined : attempts,
    time: Number.isNaN(time.getTime()) ? undefined : time,
    headers: withoutDeadLetterHeaders(headers),
    payload: typeof payload === 'string' || !isUtf8(payload) ? payload : Buffer.from(payload).toString(),
  }
}

function cut(text: string | undefined, longest: number): string | undefined {
  return text !== undefined && text.length > longest ? `${text.slice(0, longest)}…` : text
}
