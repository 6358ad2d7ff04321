import { inTime } from '../../../kernel/adapter-kit.ts'
import { farewell } from '../connection/connections.ts'
import { type Channel, fromCallback } from '../connection/rascal.ts'
import type { LinkParts } from '../messages/link-parts.ts'
import { redeliveryQueue } from '../topology/retries.ts'
import type { AmqpQueue } from '../topology/topology.ts'

/**
 * Deletes a queue that only this instance consumes, as nobody could get what is in it, and what stands beside it. If this
 * fails or takes long, they expire.
 */
export async function removeOwn(
  queue: AmqpQueue,
  channel: Pick<Channel, 'deleteQueue'>,
  { options }: LinkParts,
): Promise<void> {
  const { name, retried, isOwn } = queue
  if (!isOwn || !options.declare) return
  const names = [name, ...(retried === undefined ? [] : [retried]), redeliveryQueue(queue).name]
  const removing = names.map((each) => fromCallback((done) => channel.deleteQueue(each, {}, done)))
  await inTime(Promise.allSettled(removing), farewell, () => {}).catch(() => {})
}
