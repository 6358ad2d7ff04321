import { farewell } from '../connection/connections.ts'
import { type Channel, fromCallback } from '../connection/rascal.ts'
import type { LinkParts } from '../messages/link-parts.ts'
import type { AmqpQueue } from '../topology/topology.ts'

/** Deletes a queue that only this instance consumes, as nobody could get what is in it. If this fails, it expires. */
export async function removeOwn(
  { name, retried, isOwn }: AmqpQueue,
  channel: Pick<Channel, 'deleteQueue'>,
  { connections, options }: LinkParts,
): Promise<void> {
  if (!isOwn || !options.declare) return
  for (const queue of retried === undefined ? [name] : [name, retried]) {
    const removing = fromCallback((done) => channel.deleteQueue(queue, {}, done))
    await connections.within(removing, farewell).catch(() => {})
  }
}
