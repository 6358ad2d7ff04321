import { suite } from 'uvu'

type Body = () => void | Promise<void>

/** Registers tests of a suite, and runs them. */
export interface SideBySide {
  (name: string, body: Body): void
  /** What is done when all tests have ended. */
  after(hook: () => void): void
  run(): void
}

/**
 * A suite for tests that mostly wait and have nothing in common: so many run at the same time, in the order in which
 * they were registered. Each is still reported by itself.
 */
export function sideBySide(title: string, atOnce = 6): SideBySide {
  const test = suite(title)
  const bodies: Body[] = []
  let outcomes: readonly Promise<void>[] | undefined
  const register = (name: string, body: Body) => {
    const index = bodies.push(body) - 1
    test(name, () => {
      outcomes ??= startAll(bodies, atOnce)
      return outcomes[index]
    })
  }
  return Object.assign(register, { after: (hook: () => void) => test.after(hook), run: () => test.run() })
}

/** Runs the bodies, so many at a time. Returns what becomes of each. */
function startAll(bodies: readonly Body[], atOnce: number): readonly Promise<void>[] {
  const starts: (() => void)[] = []
  const outcomes = bodies.map(async (body) => {
    await new Promise<void>((start) => starts.push(start))
    try {
      await body()
    } finally {
      starts.shift()?.()
    }
  })
  // One that fails early is reported when its turn comes.
  for (const outcome of outcomes) outcome.catch(() => {})
  for (const start of starts.splice(0, atOnce)) start()
  return outcomes
}
