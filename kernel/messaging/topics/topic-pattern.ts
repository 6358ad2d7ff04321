import { TomodachiError } from '../../errors.ts'
import { fits } from '../../wildcard.ts'

/**
 * Makes a test for a topic pattern. A pattern is words separated by dots, where `*` stands for one word and `#` for any
 * number of words, including none. Throws `PATTERN_INVALID` for an empty pattern, and for one in which a wildcard is
 * only part of a word.
 */
export function matcher(pattern: string): (topic: string) => boolean {
  if (pattern === '') throw new TomodachiError('PATTERN_INVALID', { pattern, reason: 'it is empty' })
  const words = pattern.split('.')
  const partial = words.find((word) => word.length > 1 && /[*#]/.test(word))
  if (partial !== undefined) {
    throw new TomodachiError('PATTERN_INVALID', {
      pattern,
      reason: `a wildcard has to be a whole word, but "${partial}" has other characters`,
    })
  }
  if (!words.includes('*') && !words.includes('#')) return (topic) => topic === pattern
  return (topic) => fits(words, topic.split('.'), isRun, takes)
}

/** Whether a name has wildcards, and so stands for many topics. */
export function isPattern(name: string): boolean {
  // This runs for every message that is published, and most names have neither.
  return (name.includes('*') || name.includes('#')) && /(^|\.)[*#](\.|$)/.test(name)
}

function isRun(part: string): boolean {
  return part === '#'
}

function takes(part: string, word: string): boolean {
  return part === '#' || part === '*' || part === word
}
