import type { FailureRule, Settlement } from '../../actors/settlement.ts'
import type { Ordering } from '../../actors/source.ts'
import { TomodachiError } from '../../errors.ts'
import { type Duration, duration } from '../../options/duration.ts'
import { required } from '../../options/option-shape.ts'
import { optionalOptions, wholeNumber } from '../../options/option-shapes.ts'
import type { ShapesOf } from '../../options/resolve-options.ts'
import { isA, partOf, reasonOf } from '../../thrown.ts'
import type { MessageGiven } from './message-options.ts'

/** How messages are gathered for one call of the handler. */
export interface BatchOptions {
  /** The maximum number of messages in a batch; at least 1. */
  readonly size: number
  /** How long the first message of a batch waits for others. Default `100ms`. */
  readonly wait?: Duration | undefined
}

/** The shape of the option `batch`. */
export const batchOption = optionalOptions({
  size: required(wholeNumber(undefined, 1)),
  wait: duration('100ms'),
} satisfies ShapesOf<BatchOptions>)

/** Options of topics whose handler may be given several messages at a time. */
export interface BatchedOptions {
  /**
   * Gives the handler several messages at a time: `batch`, a list of what it would be given for each message. When the
   * handler returns, all are handled. When it throws `BatchFailure`, only the messages named there failed; any other
   * error counts as the error of every message. `concurrency` then counts batches.
   */
  readonly batch?: BatchOptions | undefined
}

/**
 * What a handler of batches is given. Each message has its own `headers`, and so its own trace. The envelope of the
 * batch has only the headers that all its messages share with the same value. So what the handler publishes belongs to
 * the trace of its messages if they all share one, else to none.
 */
export interface BatchGiven<Given> {
  readonly batch: readonly Given[]
}

/** What a handler is given, depending on the option `batch` of its topic. */
export type GivenFor<Batch, Given> = Batch extends BatchOptions ? BatchGiven<Given> : Given

/** What `orderBy` of such a topic is given: a message as it arrived. The messages of a batch were checked before. */
export type OrderedFor<Batch, Given extends object> = Batch extends BatchOptions ? unknown : Ordering<Given>

/**
 * Throw it from a handler of batches when some messages failed. Name them by their places in the batch, from 0, each
 * with its error. Each is then retried or dead-lettered as its error says; all others count as handled. If you name a
 * place that the batch does not have, the whole batch fails, because nobody knows which message was meant.
 *
 *     throw new BatchFailure([[3, error], [7, new DeadLetter('no such order')]])
 *
 * The constructor throws `BATCH_PLACE_INVALID` for a place that no batch has, and for one that is given twice.
 */
export class BatchFailure extends Error {
  override readonly name = 'BatchFailure'
  readonly failures: ReadonlyMap<number, unknown>

  constructor(failures: Iterable<readonly [place: number, error: unknown]>) {
    const byPlace = new Map<number, unknown>()
    for (const [place, error] of failures) {
      if (!Number.isInteger(place) || place < 0)
        throw invalidPlace(place, 'a place is a whole number, 0 or more')
      if (byPlace.has(place)) throw invalidPlace(place, 'it is given twice')
      byPlace.set(place, error)
    }
    super(`${byPlace.size} messages of the batch failed`)
    this.failures = byPlace
  }
}

/** What becomes of each message of a batch, in their order, from what became of the batch. `attempts` is one of each. */
export function settlementsOf(
  settlement: Settlement,
  attempts: readonly number[],
  rule: FailureRule,
): readonly Settlement[] {
  if (settlement.state === 'acked' || !('error' in settlement)) return attempts.map(() => settlement)
  const { error } = settlement
  if (!isA(error, BatchFailure)) return attempts.map((attempt) => rule(error, attempt, true))
  const found = failuresIn(error, attempts.length)
  if (!isA(found, Map)) return attempts.map((attempt) => rule(found, attempt, true))
  return attempts.map((attempt, place) =>
    found.has(place) ? rule(found.get(place), attempt, true) : { state: 'acked', reply: undefined },
  )
}

/** The errors by place, or the error of the whole batch where they name what is not in it. */
function failuresIn(failure: BatchFailure, size: number): ReadonlyMap<number, unknown> | TomodachiError {
  const failures = partOf(failure, 'failures')
  if (!isA(failures, Map)) return invalidPlace(undefined, 'its failures cannot be read', failure)
  try {
    const copy = new Map(failures as ReadonlyMap<number, unknown>)
    for (const place of copy.keys())
      if (!Number.isInteger(place) || place < 0 || place >= size)
        return invalidPlace(place, `the batch has ${size} messages, counted from 0`, failure)
    return copy
  } catch (error) {
    return invalidPlace(undefined, reasonOf(error), failure)
  }
}

function invalidPlace(place: unknown, reason: string, cause?: unknown): TomodachiError {
  return new TomodachiError('BATCH_PLACE_INVALID', { place, reason }, { cause })
}

/** The headers that all messages of a batch have with the same value. */
export function sharedHeaders(messages: readonly MessageGiven[]): MessageGiven['headers'] {
  const [first, ...others] = messages.map(({ headers }) => headers)
  const shared = Object.entries(first ?? {}).filter(([name, value]) =>
    others.every((headers) => headers[name] === value),
  )
  return Object.fromEntries(shared)
}
