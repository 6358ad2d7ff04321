import type { Sender } from '../../envelopes/index.ts'
import type { Adapter } from './adapter.ts'
import { currentService } from './context.ts'

/** The service that each adapter belongs to since it was last started; of several the first. */
export const owners = new WeakMap<Adapter, Sender>()

/**
 * Whom the messages of a bus name as their sender: inside a handler or a hook its own service. Elsewhere (timers of your
 * own, code after the start) the service that the bus belongs to, by one of its handlers or by the list `adapters`; of
 * several the one that was given to `run` first.
 */
export function senderFor(adapter: Adapter): Sender {
  return currentService() ?? owners.get(adapter) ?? { name: 'service', uuid: '' }
}
