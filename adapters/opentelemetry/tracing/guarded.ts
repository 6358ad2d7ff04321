import type { Span } from '@opentelemetry/api'
import { api } from '../conventions/api.ts'

/**
 * Does what an SDK has a part in. What a sampler, a processor or an exporter throws is told to the diagnostics of
 * OpenTelemetry, and must not decide what becomes of the work that is traced.
 */
export function guarded<Result>(does: () => Result): Result | undefined {
  try {
    return does()
  } catch (error) {
    api.diag.error('a span could not be made or ended', error)
    return undefined
  }
}

/** Ends a span, after its last words if it is recorded. `begunAt` is the time that it was begun with, if one was given. */
export function ended(span: Span, describe: () => void, begunAt?: number): void {
  guarded(() => {
    if (span.isRecording()) describe()
    // With a begin of its own a span would end in whole milliseconds of another clock.
    span.end(begunAt === undefined ? undefined : performance.now())
  })
}
