import type { PublishFields } from '../connection/rascal.ts'

/** amqplib itself refuses headers that are larger, and the usual frame has room for more. */
const sizeOfEncoder = 65_536
/** More than what the frame and the other properties of our messages take, which are short texts. */
const around = 1_024

/**
 * Throws if the headers may not fit into one frame, as they must (AMQP 0-9-1, 4.2.6.1): the broker would close the
 * connection. Their size is taken from their JSON, which is about as long.
 */
export function checkFrame({ headers = {} }: PublishFields, frameMax: number): void {
  if (frameMax > sizeOfEncoder + around || Object.keys(headers).length === 0) return
  const size = Buffer.byteLength(JSON.stringify(headers)) + around
  if (size > frameMax)
    throw new RangeError(`its headers do not fit into a frame, which has at most ${frameMax} bytes`)
}
