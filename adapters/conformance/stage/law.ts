import type { Stage } from './stage.ts'
import type { Ability } from './world.ts'

/** One thing that every message bus does. */
export interface Law {
  /** Number, subject, and what is demanded: `C22 concurrency: never more than N running, N reached`. */
  readonly name: string
  /** Abilities without which the law makes no sense, or cannot be proved. */
  readonly needs: readonly Ability[]
  /** Rejects with an AssertionError when the bus breaks the law. */
  readonly prove: (stage: Stage) => Promise<void>
}

/** Makes a law. */
export function law(name: string, prove: Law['prove'], needs: readonly Ability[] = []): Law {
  return { name, needs, prove }
}
