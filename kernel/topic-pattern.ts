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
  return (topic) => fits(words, topic.split('.'), isRun, takes)
}

/** Whether a name has wildcards, and so names many topics. */
export function isPattern(name: string): boolean {
  return /(^|\.)[*#](\.|$)/.test(name)
}

function isRun(part: string): boolean {
  return part === '#'
}

function takes(part: string, word: string): boolean {
  return part === '#' || part === '*' || part === word
}

/**
 * Whether a text fits a pattern, both in their parts; a run is a part of the pattern that takes any number of parts of the
 * text. Part by part, for every beginning of the pattern at once, in time pattern times text: trying one way after the other,
 * as a regular expression does, could take for ever.
 */
export function fits(
  pattern: readonly string[],
  text: Iterable<string>,
  isRun: (part: string) => boolean,
  takes: (part: string, unit: string) => boolean,
): boolean {
  let reached = [true]
  for (const [at, part] of pattern.entries()) reached[at + 1] = isRun(part) && reached[at] === true
  for (const unit of text) {
    const next = [false]
    for (const [at, part] of pattern.entries()) {
      next[at + 1] = isRun(part)
        ? next[at] === true || (reached[at + 1] === true && takes(part, unit))
        : reached[at] === true && takes(part, unit)
    }
    reached = next
  }
  return reached[pattern.length] === true
}

/** Whether a text fits a pattern in which `*` stands for any characters. */
export function fitsWildcard(pattern: string, text: string): boolean {
  return fits([...pattern], text, isStar, takesCharacter)
}

function isStar(part: string): boolean {
  return part === '*'
}

function takesCharacter(part: string, character: string): boolean {
  return part === '*' || part === character
}
