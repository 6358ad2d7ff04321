import {
  deadLetterHeaders,
  type Encoded,
  encode,
  type MessageSource,
  reasonOf,
  systemClock,
} from '../../kernel/adapter-kit.ts'
import { hasCode, type Settlement } from '../../kernel/index.ts'
import type { Declarations } from './declarations.ts'
import { copyOf, failureHeader, originHeaders, type Received, retryHeaders } from './message.ts'
import { fieldsOf } from './outgoing.ts'
import type { Outgoing } from './pending.ts'
import type { Publisher } from './publisher.ts'
import { deadLetterQueue, longestWait, retryQueue, tierOf } from './retries.ts'
import type { Consumed, QueueDeclaration } from './topology.ts'

/** Longest texts in the headers of a dead letter: all headers together have to fit into one frame. */
const longestReason = 2_000
const longestStack = 8_000

/** What follow-up messages are published with. */
export interface Outlet {
  readonly publisher: Publisher
  /** Undefined while there is no connection. */
  declarations(): Declarations | undefined
  /** Whether queues may be declared. */
  readonly declare: boolean
}

/** The message as it is known to the actor: its identity, and its topic without prefix. */
export interface Identity {
  readonly id: string
  readonly topic: string
}

/** How a message is to come again. */
export interface Retrial {
  readonly attempt: number
  /** Milliseconds. */
  readonly after: number
  /** Aborts when the channel of the original is lost: then it comes again by itself. */
  readonly lost: AbortSignal
}

/**
 * Publishes a copy that comes back into the queue after a wait. Resolves when the broker has confirmed it. Where queues
 * are not to be declared and there is none for this wait, the wait passes here.
 */
export async function publishRetry(
  message: Received,
  { id, topic }: Identity,
  { queue }: Consumed,
  { attempt, after, lost }: Retrial,
  outlet: Outlet,
): Promise<void> {
  const wait = Math.min(after, longestWait)
  const headers = retryHeaders(message, attempt, after - wait)
  const copy = { subject: topic, content: message.content, fields: copyOf(message, id, headers) }
  const atOnce = () => outlet.publisher.publish({ ...copy, exchange: '', routingKey: queue.name })
  if (!(wait >= 1)) return atOnce()
  try {
    await publishTo(retryQueue(queue, tierOf(wait)), copy, outlet)
  } catch (error) {
    if (outlet.declare || !hasCode(error, 'PUBLISH_UNROUTABLE')) throw error
    await held(wait, lost)
    await atOnce()
  }
}

/** Waits, or until the signal aborts. */
export function held(milliseconds: number, lost: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      systemClock.clearTimeout(timer)
      lost.removeEventListener('abort', end)
      resolve()
    }
    const timer = systemClock.setTimeout(end, milliseconds)
    if (lost.aborted) end()
    else lost.addEventListener('abort', end)
  })
}

/** Publishes what a handler returned for a request. Resolves when the broker has confirmed it. */
export async function publishReply(
  message: Received,
  { topic: name }: Identity,
  { actor, format }: Consumed,
  reply: unknown,
  outlet: Outlet,
): Promise<void> {
  const { reply: schema } = (actor.source as MessageSource).topic
  const contract = { name, ...(schema && { schema }) }
  let encoded: Encoded
  try {
    encoded = await encode(contract, reply, {}, format, actor.service)
  } catch (error) {
    // Another try would return the same.
    return publishFailure(message, name, reasonOf(error), outlet)
  }
  await outlet.publisher.publish(replyTo(message, name, encoded.payload, encoded.headers))
}

/** Tells whoever waits for a reply that there is none; nobody does for a message without a way back. */
export async function publishFailure(
  message: Received,
  topic: string,
  reason: string,
  { publisher }: Outlet,
): Promise<void> {
  if (message.properties.replyTo === undefined) return
  await publisher.publish(replyTo(message, topic, '', { [failureHeader]: reason.slice(0, longestReason) }))
}

function replyTo(
  { properties: { replyTo: routingKey = '', correlationId } }: Received,
  subject: string,
  payload: string | Uint8Array,
  headers: Readonly<Record<string, unknown>>,
): Outgoing {
  const fields = { ...fieldsOf(payload, headers), ...(correlationId !== undefined && { correlationId }) }
  return { subject, exchange: '', routingKey, content: Buffer.from(payload as Uint8Array), fields }
}

/** Publishes a copy into the dead-letter queue, with why it is there. Resolves when the broker has confirmed it. */
export async function publishDeadLetter(
  message: Received,
  { id, topic }: Identity,
  { queue, deadLetter }: Consumed,
  settlement: Settlement & { readonly state: 'deadLettered' },
  outlet: Outlet,
): Promise<void> {
  const origin = { topic, queue: queue.name, attempts: message.attempt }
  const reasons = deadLetterHeaders(settlement, origin)
  const headers = {
    ...reasons,
    ...originHeaders(message),
    'x-dead-letter-reason': shortened(reasons['x-dead-letter-reason'], longestReason),
    'x-dead-letter-stack': shortened(reasons['x-dead-letter-stack'], longestStack),
  }
  const copy = { subject: topic, content: message.content, fields: copyOf(message, id, headers) }
  const route = { ...copy, exchange: '', routingKey: deadLetter }
  try {
    await outlet.publisher.publish(route)
  } catch (error) {
    // Declared only where it does not exist: whoever has made it may have given it other arguments.
    if (!hasCode(error, 'PUBLISH_UNROUTABLE') || !outlet.declare) throw error
    await declarationsOf(outlet, error).declare(deadLetterQueue(deadLetter, queue))
    await outlet.publisher.publish(route)
  }
}

/** Publishes to a queue, which is declared before; once more when somebody has deleted it meanwhile. */
async function publishTo(
  queue: QueueDeclaration,
  copy: Pick<Parameters<Publisher['publish']>[0], 'subject' | 'content' | 'fields'>,
  outlet: Outlet,
): Promise<void> {
  const route = { ...copy, exchange: '', routingKey: queue.name }
  if (outlet.declare) await declarationsOf(outlet).ensure(queue)
  try {
    await outlet.publisher.publish(route)
  } catch (error) {
    if (!hasCode(error, 'PUBLISH_UNROUTABLE') || !outlet.declare) throw error
    declarationsOf(outlet, error).forget(queue)
    await declarationsOf(outlet, error).ensure(queue)
    await outlet.publisher.publish(route)
  }
}

function declarationsOf(outlet: Outlet, cause: unknown = new Error('there is no connection')): Declarations {
  const declarations = outlet.declarations()
  if (!declarations) throw cause
  return declarations
}

function shortened(text: unknown, longest: number): string | undefined {
  if (typeof text !== 'string') return undefined
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}
