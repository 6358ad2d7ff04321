import { TomodachiError } from '../../errors.ts'
import { fits } from '../../wildcard.ts'

/**
 * Makes the test of a topic pattern: words parted by dots, where `*` stands for one word and `#` for any number of
 * them, none included. Throws `PATTERN_INVALID` for an empty pattern, or one in
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
  return (topic) => fits(words, topic.split('.'), isRun, takes)
}

/** Whether a name has wildcards, and so names many topics. */
export function isPattern(name: string): boolean {
  // Asked of every message that is published: most names have neither.
  return (name.includes('*') || name.includes('#')) && /(^|\.)[*#](\.|$)/.test(name)
}

function isRun(part: string): boolean {
  return part === '#'
}

function takes(part: string, word: string): boolean {
  return part === '#' || part === '*' || part === word
}
