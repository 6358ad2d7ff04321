/**
 * How often a test repeats what only shows over many tries, or how much it opens at once: `all` on the project's own
 * Node, `some` on the others, where only a difference between versions of Node is looked for.
 */
export function rounds(all: number, some: number): number {
  return process.env.SHORT_TESTS === undefined ? all : some
}
