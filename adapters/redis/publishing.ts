import type { Sending } from '../../kernel/adapter-kit.ts'
import { reasonOf } from '../../kernel/adapter-kit.ts'
import { type Logger, TomodachiError } from '../../kernel/index.ts'
import { isReadOnly } from './connection.ts'
import type { RedisMessage } from './message.ts'
import { publish } from './scripts.ts'
import type { Server } from './server.ts'

type Messages = readonly Sending<RedisMessage>[]

/**
 * Returns what sends messages, each with its own outcome. A failure may pass unless the server says that it refuses. A
 * message with a text of more than `longest` bytes is not sent, because the server would end the connection.
 */
export function publisherOn(server: Server, longest: number, log: Logger) {
  let isFailing = false
  const tell = (reason: string) => {
    if (reason !== '' && !isFailing)
      log.warn('publishing fails for the time being; messages wait and are sent again', { reason })
    if (reason === '' && isFailing) log.info('messages are published again')
    isFailing = reason !== ''
  }
  return async (_: string, messages: Messages): Promise<void> => {
    const sent = messages.filter((sending) => isShort(sending, longest))
    const reasons = sent.length === 0 ? [] : await outcomes(server, sent, tell)
    for (const [place, sending] of sent.entries()) {
      const reason = String(reasons[place])
      if (isRefusal(reason)) refuse(sending, reason)
      else {
        tell(reason)
        if (reason === '') sending.confirm()
        else sending.fail(new Error(reason))
      }
      if (isReadOnly(reason)) server.end(new Error(reason))
    }
  }
}

/** What each message failed with, or ''. */
async function outcomes(
  server: Server,
  messages: Messages,
  tell: (reason: string) => void,
): Promise<readonly unknown[]> {
  const words = messages.flatMap(({ message }) => message.words)
  try {
    return (await server.run(publish, server.topology, ...words)) as unknown[]
  } catch (error) {
    const reason = reasonOf(error)
    if (isRefusal(reason)) return messages.map(() => reason)
    tell(reason)
    throw error
  }
}

/** Whether the server takes a message. One that is too long has failed. */
function isShort(sending: Sending<RedisMessage>, limit: number): boolean {
  const [, topic, , headers, payload] = sending.message.words
  const bytes = Math.max(Buffer.byteLength(headers), payload.length)
  if (bytes <= limit) return true
  sending.fail(new TomodachiError('MESSAGE_TOO_LARGE', { topic, bytes, limit }))
  return false
}

function refuse(sending: Sending<RedisMessage>, reason: string): void {
  const [, topic] = sending.message.words
  sending.fail(new TomodachiError('PUBLISH_REFUSED', { topic, reason }))
}

const isRefusal = (reason: string) => /^(ERR|WRONGTYPE|NOPERM|NOAUTH|user_script)/.test(reason)
