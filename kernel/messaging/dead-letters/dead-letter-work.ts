import { callback, lineOfText, objectWith, wholeNumber } from '../../options/option-shapes.ts'
import type { Resolved, ShapesOf } from '../../options/resolve-options.ts'

/** How much is looked at. */
export interface PeekOptions {
  /** Most messages. Default 10. */
  readonly limit?: number | undefined
}

/** How much is done, and who is told of it. */
export interface DeadLetterWork {
  /** Most messages. Default: all that were there when the work began; what is set aside meanwhile stays. */
  readonly limit?: number | undefined
  /** Ends the work after the messages in hand. */
  readonly signal?: AbortSignal | undefined
  /** Told now and then how many are done. */
  readonly progress?: ((done: number) => void) | undefined
}

/** How much is put back, and where to. */
export interface RedriveWork extends DeadLetterWork {
  /** The queue of messages that do not say where they came from. Default: `DEAD_LETTER_ORIGIN` for such a message. */
  readonly to?: string | undefined
}

/** The name of a queue. */
export const queueName = lineOfText(undefined)
export const peekShapes = {
  limit: wholeNumber(10, 0, undefined, { endless: true }),
} satisfies ShapesOf<PeekOptions>
export const workShapes = {
  limit: wholeNumber(Number.POSITIVE_INFINITY, 0, undefined, { endless: true }),
  signal: objectWith<AbortSignal>(['addEventListener'], 'an AbortSignal'),
  progress: callback<(done: number) => void>(),
} satisfies ShapesOf<DeadLetterWork>
export const redriveShapes = { ...workShapes, to: queueName } satisfies ShapesOf<RedriveWork>

/** Work that was checked. */
export type ResolvedWork = Resolved<typeof workShapes>
