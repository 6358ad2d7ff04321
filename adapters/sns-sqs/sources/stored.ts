import type { Format } from '../../../envelopes/index.ts'
import {
  decode,
  deliveryRules,
  type FailureRule,
  type MaybePromise,
  type MessageSource,
} from '../../../kernel/adapter-kit.ts'
import type { PayloadStore, S3Object } from '../client/payload-store.ts'
import { pointerIn } from '../wire/pointer.ts'
import { readStored } from '../wire/received.ts'
import type { SnsSqsGiven } from './given.ts'
import type { ResolvedSourceOptions } from './options.ts'
import { isRaw, type SnsSqsSource } from './source.ts'

type Given = { -readonly [Name in keyof SnsSqsGiven]: SnsSqsGiven[Name] }

/** In the place of the data, as long as its payload has not been read from S3. */
class Stored {
  readonly object: S3Object

  constructor(object: S3Object) {
    this.object = object
  }
}

/**
 * The members of a source that reads payloads from S3 before they are checked and handled. Reading is part of the
 * delivery: the message stays hidden meanwhile, and if it cannot be read the rules of the topic decide.
 */
export function storedParts(
  { format, topic, check, prepare }: MessageSource,
  options: ResolvedSourceOptions,
  store: () => PayloadStore | undefined,
  { failed, retry }: Pick<SnsSqsSource, 'failed' | 'retry'>,
): object {
  const raw = isRaw({ options, format })
  const fit = check ?? prepare

  async function read(given: Given, object: S3Object): Promise<void> {
    const text = await store()?.get(object)
    if (text === undefined) throw new Error('the bus was closed')
    const { payload, attributes } = readStored(text, given, raw)
    const { data, metadata, failure } = decode(format, payload, given.topic || topic.name, attributes)
    if (failure) throw failure
    Object.assign(given, { data, metadata, headers: attributes, messageAttributes: attributes })
    await fit?.(given)
  }

  // `onError: 'drop'` is about errors of the handler.
  const unread = deliveryRules({ retry: { ...options.retry, ...retry } })
  return {
    failed: ((error, attempt, handled) =>
      (handled ? failed : unread)(error, attempt, handled)) satisfies FailureRule,
    format: {
      bare: format.bare,
      build: (...given) => format.build(...given),
      parse(payload, headers) {
        const object = pointerIn(payload, headers)
        return object ? { data: new Stored(object), metadata: undefined } : format.parse(payload, headers)
      },
    } satisfies Format,
    [options.batch ? 'check' : 'prepare']: (given: Given): MaybePromise<void> =>
      given.data instanceof Stored ? read(given, given.data.object) : fit?.(given),
  }
}
