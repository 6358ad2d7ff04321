import { TomodachiError } from '../../kernel/index.ts'

/**
 * Makes the test of a topic pattern: words parted by dots, where `*` stands for one word and `#` for any number of
 * them, none included, as in RabbitMQ's topic exchanges. Throws `PATTERN_INVALID` for an empty pattern, or one in
 * which a wildcard is only a part of a word.
 */
export function matcher(pattern: string): (topic: string) => boolean {
  if (pattern === '') throw new TomodachiError('PATTERN_INVALID', { pattern, reason: 'it is empty' })
  const words = pattern.split('.')
  const partial = words.find((word) => word.length > 1 && /[*#]/.test(word))
  if (partial !== undefined) {
    throw new TomodachiError('PATTERN_INVALID', {
      pattern,
      reason: `a wildcard has to be a word of its own, unlike in "${partial}"`,
    })
  }
  if (!words.includes('*') && !words.includes('#')) return (topic) => topic === pattern
  return (topic) => matches(words, topic.split('.'), 0, 0)
}

/** Whether a name has wildcards, and so names many topics. */
export function isPattern(name: string): boolean {
  return /(^|\.)[*#](\.|$)/.test(name)
}

function matches(pattern: readonly string[], topic: readonly string[], at: number, from: number): boolean {
  if (at === pattern.length) return from === topic.length
  if (pattern[at] === '#') {
    // Two # in a row say no more than one; skipping them keeps the search small.
    if (pattern[at + 1] === '#') return matches(pattern, topic, at + 1, from)
    for (let next = from; next <= topic.length; next++) if (matches(pattern, topic, at + 1, next)) return true
    return false
  }
  if (from === topic.length) return false
  return (pattern[at] === '*' || pattern[at] === topic[from]) && matches(pattern, topic, at + 1, from + 1)
}
