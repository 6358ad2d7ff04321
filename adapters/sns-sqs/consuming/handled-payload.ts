import type { Logger } from '../../../kernel/index.ts'
import type { Tools } from '../topology/topology.ts'
import { pointerIn } from '../wire/pointer.ts'
import type { Handle } from './arrival.ts'

/**
 * Deletes the payload of a message that is handled and gone, if that is asked for: only from the bucket of the bus, and
 * below its prefix, whatever object the message names. Never rejects.
 */
export async function deletePayload(
  { received: { payload, attributes, sqsMessageId: id } }: Handle,
  { options, payloads }: Pick<Tools, 'options' | 'payloads'>,
  log: Logger,
): Promise<void> {
  const { bucket, keyPrefix = '', deleteHandled } = options.largePayloads ?? {}
  const object = deleteHandled && pointerIn(payload, attributes)
  if (!object || object.bucket !== bucket || !object.key.startsWith(keyPrefix)) return
  try {
    await payloads?.delete(object)
  } catch (error) {
    log.warn('the payload of a handled message stays in S3', { id, error })
  }
}
