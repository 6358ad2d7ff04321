/**
 * How often a test repeats what only shows over many tries, or how much it opens at once: `all` on the project's own
 * Node, `some` on the others, where only a difference between versions of Node is looked for.
 */
export function rounds(all: number, some: number): number {
  return process.env.SHORT_TESTS === undefined ? all : some
}

/**
 * The cases of a table that differ in what is ours alone: all on the project's own Node, on the others every `step`-th,
 * beginning with the first.
 */
export function sample<Case>(cases: readonly Case[], step: number): readonly Case[] {
  return cases.filter((_, index) => index % rounds(1, step) === 0)
}
