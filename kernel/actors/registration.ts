import type { AnyMiddleware } from './middleware.ts'
import type { Source } from './source.ts'

/** A handler as it was registered, before a kernel runs it. */
export interface Registration {
  readonly source: Source
  readonly handler: (context: never) => unknown
  readonly name: string
  readonly concurrency: number | undefined
  readonly orderBy: ((given: never) => unknown) | undefined
  readonly use: readonly AnyMiddleware[]
}
