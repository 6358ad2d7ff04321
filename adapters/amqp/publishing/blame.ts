import { TomodachiError } from '../../../kernel/index.ts'
import { declarationError, saidBy } from '../connection/errors.ts'
import type { ServerError } from '../connection/rascal.ts'
import type { AmqpMessage } from '../messages/outgoing.ts'

/**
 * The error of the message that made the broker close the channel; undefined if it was another message, or nobody can
 * tell. A message that was under way alone is the cause.
 */
export function blame(
  message: AmqpMessage,
  failure: ServerError,
  wasAlone: boolean,
): TomodachiError | undefined {
  const { subject: topic, exchange, routingKey, content } = message
  const reason = saidBy(failure)
  const limit = limitIn(reason)
  if (limit < content.length)
    return new TomodachiError('MESSAGE_TOO_LARGE', { topic, bytes: content.length, limit })
  if (failure.code === 404 && reason.includes(`no exchange '${exchange}'`))
    return new TomodachiError('BROKER_OBJECT_MISSING', { kind: 'exchange', name: exchange })
  // Permissions on topics refuse some routing keys of an exchange.
  const isMeant =
    reason.includes(`exchange '${exchange}'`) &&
    (!reason.includes('access to topic') || reason.includes(`topic '${routingKey}'`))
  if (isMeant || wasAlone)
    return (
      (isMeant && declarationError(failure.code, reason)) ||
      new TomodachiError('PUBLISH_REFUSED', { topic, reason })
    )
  return undefined
}

/** The most bytes of a message that the broker takes, if its refusal says so. */
export function limitIn(reason: string): number {
  return Number(
    /message size \d+ is larger than .{0,100}max size (\d+)/.exec(reason)?.[1] ?? Number.POSITIVE_INFINITY,
  )
}
