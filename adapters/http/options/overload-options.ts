import {
  duration,
  type OptionShape,
  optionalOptions,
  type Resolved,
  type ShapesOf,
  wholeNumber,
} from '../../../kernel/adapter-kit.ts'
import type { Duration } from '../../../kernel/index.ts'

/**
 * When an HTTP server sheds requests: it answers them with 503 before their body is read. At least one of the limits has
 * to be given.
 */
export interface OverloadOptions {
  /**
   * How long a request may wait for the event loop. Once requests have waited longer for 100 ms on end, each that waited
   * longer is shed, until none has for a second. From `5ms`. Default: no limit.
   */
  readonly maxEventLoopDelay?: Duration | undefined
  /**
   * How many requests may be in flight, which means that their answers have not been sent. Further ones are shed.
   * Default: no limit.
   */
  readonly maxInFlight?: number | undefined
  /** When clients may try again, in whole seconds: `Retry-After` of the answer. Default `1s`. */
  readonly retryAfter?: Duration | undefined
}

const shapes = {
  maxEventLoopDelay: duration(undefined, { least: '5ms' }),
  maxInFlight: wholeNumber(undefined, 1),
  retryAfter: duration('1s', { least: '1s', step: '1s' }),
} satisfies ShapesOf<OverloadOptions>

const limits = optionalOptions(shapes)

/** Limits that were checked; times in milliseconds. */
export type ResolvedOverloadOptions = Resolved<typeof shapes>

/** The shape of the option for overload: undefined without a limit. */
export const overloadOption: OptionShape<ResolvedOverloadOptions | undefined> = {
  standard: undefined,
  expected: 'an object with maxEventLoopDelay, maxInFlight or both',
  read(...given) {
    const resolved = limits.read(...given)
    return resolved?.maxEventLoopDelay === undefined && resolved?.maxInFlight === undefined
      ? undefined
      : resolved
  },
}
