import { callback, lineOfText, objectWith, wholeNumber } from '../../options/option-shapes.ts'
import type { Resolved, ShapesOf } from '../../options/resolve-options.ts'

/** How many messages `peek` returns. */
export interface PeekOptions {
  /** Most messages. Default 10. */
  readonly limit?: number | undefined
}

/** How many messages to work on, and how to follow the work. */
export interface DeadLetterWork {
  /**
   * Most messages. Default: as many as were there when the work began. So the work ends even if messages that it puts
   * back are set aside again meanwhile.
   */
  readonly limit?: number | undefined
  /** Ends the work once the messages being worked on are done. */
  readonly signal?: AbortSignal | undefined
  /** Called now and then with how many are done. */
  readonly progress?: ((done: number) => void) | undefined
}

/** How many messages to put back, and where. */
export interface RedriveWork extends DeadLetterWork {
  /**
   * The queue for messages that do not say where they came from. By default such a message fails with
   * `DEAD_LETTER_ORIGIN`.
   */
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
