import { TomodachiError } from '../errors.ts'
import { isPromise, letGo } from '../promise.ts'
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

/** The key of a delivery; undefined without `orderBy`. Throws `OPTION_INVALID` for a promise of one. */
export function keyOf(orderBy: Registration['orderBy'], given: object): unknown {
  const key = orderBy?.(given as never)
  if (!isPromise(key)) return key
  letGo(key)
  throw new TomodachiError('OPTION_INVALID', {
    option: 'orderBy',
    expected: 'a function that returns its key at once',
    actual: key,
  })
}
