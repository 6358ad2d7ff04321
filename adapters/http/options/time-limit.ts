import { duration, type OptionShape } from '../../../kernel/adapter-kit.ts'
import type { Duration } from '../../../kernel/index.ts'

/** A duration for which 0 and Infinity both mean no limit; it is 0 once it is resolved. */
export function timeLimit(standard: Duration): OptionShape<number> {
  const shape = duration(standard, { endless: true })
  return {
    ...shape,
    read(...given) {
      const milliseconds = shape.read(...given)
      return milliseconds === Number.POSITIVE_INFINITY ? 0 : milliseconds
    },
  }
}
