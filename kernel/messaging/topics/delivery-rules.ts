import type { FailureRule } from '../../actors/settlement.ts'
import { hasCode, TomodachiError } from '../../errors.ts'
import { getLogger } from '../../log/index.ts'
import { isPromise, letGo } from '../../promise.ts'
import { isA, partOf, reasonOf } from '../../thrown.ts'

/**
 * Throw it to have the message handed out again, whatever number of tries it has had. `after` in milliseconds; without
 * it, or when it is no number, the backoff says how long.
 */
export class Retry extends Error {
  override readonly name = 'Retry'
  readonly after: number | undefined

  constructor({
    after,
    reason = 'the handler asked for another try',
    cause,
  }: { after?: number; reason?: string; cause?: unknown } = {}) {
    super(reason, { cause })
    this.after = after
  }
}

/** Throw it to be rid of the message: neither retried nor dead-lettered. */
export class Drop extends Error {
  override readonly name = 'Drop'
}

/** Throw it to set the message aside at once, without another try. */
export class DeadLetter extends Error {
  override readonly name = 'DeadLetter'
}

/** Backoff between tries, in milliseconds: exponential with full jitter on the upper half. */
export interface Backoff {
  /** Wait after the first failure. Default 1,000. */
  readonly first?: number
  /** Longest wait. Default 300,000 (5 minutes). */
  readonly cap?: number
  /** Growth per try. Default 2. */
  readonly factor?: number
  /** Share of each wait that is random, 0 to 1. Default 0.5. */
  readonly jitter?: number
}

/** When a failed message is tried again. */
export interface RetryOptions {
  /** Times that a message is handed out in all. Default 5. */
  readonly attempts?: number
  readonly backoff?: Backoff | ((attempt: number) => number)
}

/** What becomes of a message whose handler throws. */
export interface DeliveryRules {
  readonly retry?: RetryOptions
  /** `retry` (default): retried, then dead-lettered. `drop`: gone after the first failure, as in the Python library. */
  readonly onError?: 'retry' | 'drop'
}

/** Of the delivery's own payload alone: a handler that publishes may end in the same errors, and is retried. */
const isPermanent = (error: unknown) =>
  hasCode(error, 'PAYLOAD_INVALID') || hasCode(error, 'PAYLOAD_UNPARSABLE')

/**
 * The delivery rules of every message transport: retry with backoff, then dead letter; `Retry`, `Drop` and
 * `DeadLetter` choose explicitly; a payload that cannot be read is dead-lettered at once, as no other try could read
 * it either.
 *
 * Throws `OPTION_INVALID` for attempts below 1, or backoff values out of range.
 */
export function deliveryRules({ retry = {}, onError = 'retry' }: DeliveryRules = {}): FailureRule {
  const { attempts = 5, backoff = {} } = retry
  if (!(attempts >= 1)) {
    throw new TomodachiError('OPTION_INVALID', {
      option: 'retry.attempts',
      expected: 'a number of at least 1',
      actual: attempts,
    })
  }
  const wait = backoffOf(backoff)

  return (error, attempt, handled = false) => {
    const reason = reasonOf(error)
    if (isA(error, Drop)) return { state: 'dropped', reason, error }
    if (isA(error, DeadLetter)) return { state: 'deadLettered', reason, error }
    if (isA(error, Retry)) {
      const asked = partOf(error, 'after')
      const after = isWait(asked) ? asked : wait(attempt)
      return { state: 'released', failed: true, after, reason, error }
    }
    if (!handled && isPermanent(error)) return { state: 'deadLettered', reason, error }
    if (onError === 'drop') return { state: 'dropped', reason, error }
    if (attempt >= attempts) return { state: 'deadLettered', reason, error }
    return { state: 'released', failed: true, after: wait(attempt), reason, error }
  }
}

/**
 * How long to wait after so many attempts, in milliseconds. Never throws, once made. Throws `OPTION_INVALID` for values out
 * of range.
 */
export function backoffOf(backoff: NonNullable<RetryOptions['backoff']>): (attempt: number) => number {
  return typeof backoff === 'function' ? reliably(backoff) : exponential(backoff)
}

/** The rule must not fail, or the delivery would never be settled: without a number the default backoff stands in. */
function reliably(backoff: (attempt: number) => number): (attempt: number) => number {
  const standard = exponential({})
  return (attempt) => {
    try {
      const wait: unknown = backoff(attempt)
      if (isWait(wait)) return wait
      getLogger('tomodachi.delivery').error('backoff gave no number of milliseconds', { attempt, wait })
      if (isPromise(wait)) letGo(wait)
    } catch (error) {
      getLogger('tomodachi.delivery').error('backoff failed', { attempt, error })
    }
    return standard(attempt)
  }
}

function isWait(value: unknown): value is number {
  return typeof value === 'number' && value >= 0
}

function exponential({
  first = 1_000,
  cap = 300_000,
  factor = 2,
  jitter = 0.5,
}: Backoff): (attempt: number) => number {
  for (const [option, value, least] of [
    ['first', first, 0],
    ['cap', cap, 0],
    ['factor', factor, 1],
    ['jitter', jitter, 0],
  ] as const) {
    if (!(value >= least)) {
      throw new TomodachiError('OPTION_INVALID', {
        option: `retry.backoff.${option}`,
        expected: `a number of at least ${least}`,
        actual: value,
      })
    }
  }
  return (attempt) => {
    // Beyond every number, a growth would turn no wait at all into NaN.
    const growth = Math.min(Number.MAX_VALUE, factor ** (attempt - 1))
    const full = Math.min(cap, first * growth)
    return Math.round(full * (1 - Math.min(1, jitter) * Math.random()))
  }
}
