import type { FailureRule } from '../../actors/settlement.ts'
import { hasCode } from '../../errors.ts'
import { getLogger } from '../../log/index.ts'
import { type Duration, duration, millisecondsIn } from '../../options/duration.ts'
import { type OptionShape, optionShape } from '../../options/option-shape.ts'
import { choice, optionalOptions, options, realNumber, wholeNumber } from '../../options/option-shapes.ts'
import { type Resolved, resolveOption, resolveOptions, type ShapesOf } from '../../options/resolve-options.ts'
import { isPromise, letGo } from '../../promise.ts'
import { isA, partOf, reasonOf } from '../../thrown.ts'

/** Ten years, longer than any broker keeps a message. */
export const longestWait = '3650d'

/** How a message is tried again. */
export interface RetryGiven {
  /** How long to wait before the next attempt. Default: as the backoff says. */
  readonly after?: Duration | undefined
  /** The reason, for logs. Default: `the handler asked for another try`. */
  readonly reason?: string | undefined
  /** The underlying error. */
  readonly cause?: unknown
}

const retryGivenShapes = {
  after: duration(undefined, { most: longestWait }),
  reason: optionShape('the handler asked for another try', 'text', (value) =>
    typeof value === 'string' ? value : undefined,
  ),
  cause: optionShape<unknown>(undefined, 'anything', () => true),
} satisfies ShapesOf<RetryGiven>

/**
 * Throw it to have the message handed out again, no matter how many attempts it has had:
 *
 *     throw new Retry({ after: '30s', reason: 'the stock is locked' })
 *
 * The constructor throws `OPTION_INVALID`.
 */
export class Retry extends Error {
  override readonly name = 'Retry'
  /** In milliseconds; undefined where the backoff says how long. */
  readonly after: number | undefined

  constructor(given: RetryGiven = {}) {
    const { after, reason } = resolveOptions('Retry', given, retryGivenShapes)
    super(reason, { cause: given.cause })
    this.after = after
  }
}

/** Throw it to drop the message: it is neither retried nor dead-lettered. */
export class Drop extends Error {
  override readonly name = 'Drop'
}

/** Throw it to set the message aside at once, without another try. */
export class DeadLetter extends Error {
  override readonly name = 'DeadLetter'
}

/** Backoff between attempts: exponential, with full jitter on the upper half of each wait. */
export interface Backoff {
  /** Wait after the first failure. Default `1s`. */
  readonly first?: Duration | undefined
  /** Longest wait. Default `5m`. */
  readonly cap?: Duration | undefined
  /** Growth per attempt. Default 2. */
  readonly factor?: number | undefined
  /** Share of each wait that is random, 0 to 1. Default 0.5. */
  readonly jitter?: number | undefined
}

const backoffShapes = {
  first: duration('1s', { most: longestWait }),
  cap: duration('5m', { most: longestWait }),
  factor: realNumber(2, 1),
  jitter: realNumber(0.5, 0, 1),
} satisfies ShapesOf<Backoff>

/** How long to wait after an attempt that failed: an exponential backoff, or a function of the attempts so far. */
export type BackoffRule = Backoff | ((attempt: number) => Duration)

/** A backoff that was checked. */
export type ResolvedBackoff = Resolved<typeof backoffShapes> | ((attempt: number) => Duration)

/** When a failed message is tried again. */
export interface RetryOptions {
  /** How many times a message is handed out in all; Infinity for no limit. Default 5. */
  readonly attempts?: number | undefined
  /**
   * How long a message waits before each retry. Default: one second, doubled each time, up to five minutes; half of
   * each wait is random.
   */
  readonly backoff?: BackoffRule | undefined
}

/** When a message is handed out again. */
export interface MessageRetryOptions extends RetryOptions {
  /**
   * How many times a message may come back without having been settled, because its process died, its connection was
   * lost or its handler ran longer than the broker allows; Infinity for no limit. After that it is dead-lettered
   * without being handled. A message that a stop gives back does not count. Default 5.
   */
  readonly redeliveries?: number | undefined
}

/** What becomes of a message whose handler throws. */
export interface DeliveryRules {
  readonly retry?: MessageRetryOptions | undefined
  /**
   * `retry` (default): the message is retried, then dead-lettered. `drop`: it is dropped after the first failure, as in
   * the Python library.
   */
  readonly onError?: 'retry' | 'drop' | undefined
}

/** The shape of an option `backoff`, with defaults of its own where they are given. */
export function backoffOption({
  first = '1s',
  cap = '5m',
}: Pick<Backoff, 'first' | 'cap'> = {}): OptionShape<ResolvedBackoff> {
  const exponential = options({
    ...backoffShapes,
    first: duration(first, { most: longestWait }),
    cap: duration(cap, { most: longestWait }),
  })
  return {
    standard: exponential.standard,
    expected: 'an object of options, or a function of the attempt that returns a duration',
    read: (value, place, option) =>
      typeof value === 'function'
        ? (value as (attempt: number) => Duration)
        : exponential.read(value, place, option),
  }
}

/** How often a message is handed out at most, and how often of these without having been settled. */
export type RetryLimits = Required<Defined<Pick<MessageRetryOptions, 'attempts' | 'redeliveries'>>>

type Defined<Options> = { readonly [Option in keyof Options]: NonNullable<Options[Option]> }

const standardLimits: RetryLimits = { attempts: 5, redeliveries: 5 }

/** The limits of a topic, with the defaults where it sets none. */
export function retryLimits({ attempts, redeliveries }: MessageRetryOptions = {}): RetryLimits {
  return {
    attempts: attempts ?? standardLimits.attempts,
    redeliveries: redeliveries ?? standardLimits.redeliveries,
  }
}

/** What the delivery rules of a topic have to be. */
export const deliveryRuleShapes = {
  /** The attempts are undefined where they are left out, so that a broker can have a default of its own. */
  retry: optionalOptions({
    attempts: wholeNumber(undefined, 1, undefined, { endless: true }),
    redeliveries: wholeNumber(standardLimits.redeliveries, 0, undefined, { endless: true }),
    backoff: backoffOption(),
  } satisfies ShapesOf<MessageRetryOptions>),
  onError: choice('retry', ['retry', 'drop']),
} satisfies ShapesOf<DeliveryRules>

/** Only for the delivery itself, before it is handled: a handler that publishes may fail with the same codes, and is retried. */
const isPermanent = (error: unknown) =>
  hasCode(error, 'PAYLOAD_INVALID') ||
  hasCode(error, 'PAYLOAD_UNPARSABLE') ||
  hasCode(error, 'REDELIVERED_TOO_OFTEN')

/**
 * The delivery rules of every message transport. A failed message is retried with backoff, then dead-lettered; `Retry`,
 * `Drop` and `DeadLetter` choose explicitly. A payload that cannot be read is dead-lettered at once, because another
 * try could not read it either; so is a message that came back too often without having been settled.
 *
 * Throws `OPTION_INVALID`.
 */
export function deliveryRules({ retry: given, onError: choice }: DeliveryRules = {}): FailureRule {
  const rules = resolveOptions('deliveryRules', { retry: given, onError: choice }, deliveryRuleShapes)
  const { onError, retry: { backoff = {} } = {} } = rules
  const { attempts } = retryLimits(rules.retry)
  const wait = backoffOf(backoff)

  return (error, attempt, handled = false) => {
    const reason = reasonOf(error)
    if (isA(error, Drop)) return { state: 'dropped', reason, error }
    if (isA(error, DeadLetter)) return { state: 'deadLettered', reason, error }
    if (isA(error, Retry)) {
      const after = waitIn(partOf(error, 'after')) ?? wait(attempt)
      return { state: 'released', failed: true, after, reason, error }
    }
    if (!handled && isPermanent(error)) return { state: 'deadLettered', reason, error }
    if (onError === 'drop') return { state: 'dropped', reason, error }
    if (attempt >= attempts) return { state: 'deadLettered', reason, error }
    return { state: 'released', failed: true, after: wait(attempt), reason, error }
  }
}

/**
 * Makes the function that says how long to wait after so many attempts, in milliseconds; that function never throws.
 * Throws `OPTION_INVALID` for values out of range.
 */
export function backoffOf(backoff: BackoffRule): (attempt: number) => number {
  const resolved = resolveOption({ owner: 'backoffOf', path: '' }, 'backoff', backoff, backoffOption())
  return typeof resolved === 'function' ? reliably(resolved) : exponential(resolved)
}

/**
 * The rule must not fail, or the delivery would never be settled. If it returns no duration, the default backoff is
 * used.
 */
function reliably(backoff: (attempt: number) => Duration): (attempt: number) => number {
  const standard = exponential(backoffOption().standard as Resolved<typeof backoffShapes>)
  return (attempt) => {
    try {
      const given: unknown = backoff(attempt)
      const wait = waitIn(given)
      if (wait !== undefined) return wait
      getLogger('tomodachi.delivery').error('backoff returned no duration', { attempt, wait: given })
      if (isPromise(given)) letGo(given)
    } catch (error) {
      getLogger('tomodachi.delivery').error('backoff failed', { attempt, error })
    }
    return standard(attempt)
  }
}

/** A wait in milliseconds; undefined for what cannot be one. */
function waitIn(value: unknown): number | undefined {
  const milliseconds = millisecondsIn(value)
  return milliseconds !== undefined && milliseconds >= 0 ? milliseconds : undefined
}

function exponential({
  first,
  cap,
  factor,
  jitter,
}: Resolved<typeof backoffShapes>): (attempt: number) => number {
  return (attempt) => {
    // Beyond every number, a growth would turn no wait at all into NaN.
    const growth = Math.min(Number.MAX_VALUE, factor ** (attempt - 1))
    const full = Math.min(cap, first * growth)
    return Math.round(full * (1 - jitter * Math.random()))
  }
}
