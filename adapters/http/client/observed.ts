import { leaving } from '../../../kernel/adapter-kit.ts'
import type { Bus, BusEvent } from '../../../kernel/index.ts'
import type { Outcome, PreparedCall } from './attempts.ts'

/** Emitted on the bus when an attempt of a call has ended. An attempt that was cancelled has neither status nor error. */
export interface Called {
  /** Name of the client. */
  readonly adapter: string
  readonly method: string
  /** The origin that was called, without credentials. */
  readonly origin: string
  /** Counts from 1. */
  readonly attempt: number
  /** Status of the answer, if there was one. */
  readonly status: number | undefined
  /** Why there was no answer. */
  readonly error: unknown
  /** Milliseconds until the answer had been read; for a streamed answer, until it began. */
  readonly elapsed: number
}

/** Name of the event. */
export const called: BusEvent<Called> = 'http.called'

/** One attempt of a call, as its client makes it. */
export interface Attempt {
  /** Name of the client. */
  readonly adapter: string
  /** The origin that is called. */
  readonly origin: string
  /** Counts from 1. */
  readonly attempt: number
  readonly call: PreparedCall
  send(): Promise<Outcome>
}

/** Whether anybody wants to know of the attempts. */
export function isObserved(bus: Bus): boolean {
  return bus.instrument !== undefined || bus.watched(called)
}

/** Makes the attempt as the instrument's own work, with the headers of its trace, and tells those who watch. */
export async function observed(bus: Bus, attempt: Attempt): Promise<Outcome> {
  const { call, origin } = attempt
  const facts: Facts = { attempt: attempt.attempt, status: undefined, error: undefined }
  const target = `${origin}${call.target.split('?', 1)[0]}`
  const departure = { transport: 'http', operation: call.method, target, facts }
  return leaving(bus, departure, () => told(bus, attempt, facts))
}

interface Facts extends Record<string, unknown> {
  attempt: number
  status: number | undefined
  error: unknown
}

async function told(bus: Bus, { adapter, origin, call, send }: Attempt, facts: Facts): Promise<Outcome> {
  const begun = performance.now()
  try {
    const outcome = await send()
    if ('answer' in outcome) facts.status = outcome.answer.status
    else facts.error = outcome.failure
    return outcome
  } finally {
    const { method } = call
    const { attempt, status, error } = facts
    const elapsed = performance.now() - begun
    bus.emit(called, { adapter, method, origin, attempt, status, error, elapsed })
  }
}
