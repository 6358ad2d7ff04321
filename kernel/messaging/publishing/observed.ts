import type { Bus, Published } from '../../actors/bus.ts'
import type { Departure } from '../../actors/instrument.ts'
import { follow, isPromise, letGo, type MaybePromise } from '../../promise.ts'
import type { Encoded } from '../topics/messages.ts'

/** Whether anybody wants to know of what is published. */
export function isObserved(bus: Bus): boolean {
  return bus.instrument !== undefined || bus.watched('published') || bus.watched('unpublished')
}

/** Publishes, as `send` does with what it makes of the encoded data, and tells those who want to know. */
export function observed<Message>(
  bus: Bus,
  subject: Pick<Published, 'adapter' | 'transport' | 'topic'>,
  send: (make: (encoded: Encoded) => Message) => unknown,
  make: (encoded: Encoded) => Message,
): unknown {
  const { adapter, transport, topic } = subject
  const begun = performance.now()
  const facts = { adapter, bytes: 0, message: undefined as Message | undefined }
  const noted = (encoded: Encoded) => {
    facts.bytes = Buffer.byteLength(encoded.payload)
    facts.message = make(encoded)
    return facts.message
  }
  const elapsed = () => performance.now() - begun
  const told = (result: unknown) => {
    bus.emit('published', { ...subject, bytes: facts.bytes, elapsed: elapsed() })
    return result
  }
  const failed = (error: unknown): never => {
    bus.emit('unpublished', { ...subject, elapsed: elapsed(), error })
    throw error
  }
  const run = (): MaybePromise<unknown> => {
    try {
      const sending = send(noted)
      return isPromise(sending) ? follow(sending, told, failed) : told(sending)
    } catch (error) {
      return failed(error)
    }
  }
  return leaving(bus, { transport, operation: 'publish', target: topic, facts }, run)
}

/** Sends within the instrument, if there is one. */
export function leaving<Result>(
  { instrument }: Bus,
  departure: Departure,
  send: () => MaybePromise<Result>,
): MaybePromise<Result> {
  if (!instrument) return send()
  return instrument.leave(departure, () => {
    const sending = send()
    // An instrument that fails meanwhile leaves it to itself.
    if (isPromise(sending)) letGo(sending)
    return sending
  })
}
