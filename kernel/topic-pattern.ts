import { TomodachiError } from './errors.ts'

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
  return (topic) => matches(words, topic.split('.'))
}

/** Whether a name has wildcards, and so names many topics. */
export function isPattern(name: string): boolean {
  return /(^|\.)[*#](\.|$)/.test(name)
}

/** Word by word, for every beginning of the pattern at once: trying one way after the other could take for ever. */
function matches(pattern: readonly string[], topic: readonly string[]): boolean {
  let reached = [true]
  for (const [at, part] of pattern.entries()) reached[at + 1] = part === '#' && reached[at] === true
  for (const word of topic) {
    const next = [false]
    for (const [at, part] of pattern.entries()) {
      next[at + 1] =
        part === '#'
          ? next[at] === true || reached[at + 1] === true
          : reached[at] === true && (part === '*' || part === word)
    }
    reached = next
  }
  return reached[pattern.length] === true
}
