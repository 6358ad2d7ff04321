import type { MaybePromise } from '../../kernel/adapter-kit.ts'
import { getLogger, type Settlement } from '../../kernel/index.ts'
import {
  held,
  type Identity,
  type Outlet,
  publishDeadLetter,
  publishFailure,
  publishReply,
  publishRetry,
} from './follow-up.ts'
import type { Received } from './message.ts'
import type { Consumed } from './topology.ts'

/** How long a message is held back before it is given back, where its follow-up cannot be published: in milliseconds. */
const holdBack = { least: 1_000, most: 30_000 }

/** The hold of a consumer on one message. */
export interface Lease {
  /** Aborts when the channel is lost. What is settled then is ignored, counted and logged. */
  readonly lost: AbortSignal
  ack(): void
  /** Gives the message back to its queue, where its attempt does not count. */
  giveBack(): void
}

/** One message that is to be settled. */
export interface Handed {
  readonly message: Received
  readonly identity: Identity
  readonly lease: Lease
}

/**
 * Does to a message what its settlement says. A message that is to come again, or to be set aside, is acked when the
 * broker has confirmed its copy, and given back when it has not.
 */
export function carryOut(
  settlement: Settlement,
  handed: Handed,
  consumed: Consumed,
  outlet: Outlet,
  log = getLogger('tomodachi.amqp'),
): MaybePromise<void> {
  const { message, identity, lease } = handed
  const facts = { queue: consumed.queue.name, topic: identity.topic, attempt: message.attempt }
  switch (settlement.state) {
    case 'acked':
      if (message.properties.replyTo === undefined) return lease.ack()
      return after(publishReply(message, identity, consumed, settlement.reply, outlet), lease, 0)
    case 'dropped':
      log.warn('message dropped', { ...facts, reason: settlement.reason })
      if (message.properties.replyTo === undefined) return lease.ack()
      return after(publishFailure(message, identity.topic, settlement.reason, outlet), lease, 0)
    case 'deadLettered': {
      const { reason, error = reason } = settlement
      log.error('message dead-lettered', { ...facts, deadLetter: consumed.deadLetter, error })
      return after(setAside(settlement), lease, 0)
    }
    case 'released': {
      if (!settlement.failed) return lease.giveBack()
      const { after: wait, error } = settlement
      log.warn('handler failed, will be retried', { ...facts, after: wait, error })
      const next = { attempt: message.attempt + 1, after: wait, lost: lease.lost }
      return after(publishRetry(message, identity, consumed, next, outlet), lease, wait)
    }
  }

  async function setAside(settlement: Settlement & { readonly state: 'deadLettered' }): Promise<void> {
    await publishDeadLetter(message, identity, consumed, settlement, outlet)
    await publishFailure(message, identity.topic, settlement.reason, outlet)
  }

  async function after(followUp: Promise<void>, { lost }: Lease, wait: number): Promise<void> {
    try {
      await followUp
    } catch (failure) {
      log.error('the follow-up could not be published, the message is given back', {
        ...facts,
        error: failure,
      })
      // At once it would come back at once, and fail again.
      await held(Math.min(Math.max(wait, holdBack.least), holdBack.most), lost)
      return lease.giveBack()
    }
    lease.ack()
  }
}
