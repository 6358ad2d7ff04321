export const literal = 0
export const expression = 1
export const plain = 2
export const wildcard = 3

/** One segment of a pattern of find-my-way: literal text, or text and then something that captures. */
export interface Segment {
  /** In the order in which find-my-way tries them, where the text in front is the same. */
  readonly kind: typeof literal | typeof expression | typeof plain | typeof wildcard
  /** The text up to what captures; of a literal, all of it. */
  readonly prefix: string
  /** What captures, without its names: equal shapes match the same text. */
  readonly shape: string
  /** The text at the end of everything that the segment matches. */
  readonly suffix: string
}

/** Splits a pattern of find-my-way at its slashes. Never throws: find-my-way decides whether it is valid. */
export function segmentsOf(pattern: string): readonly Segment[] {
  const segments: Segment[] = []
  let at = 1
  while (at <= pattern.length) {
    const { end, ...segment } = segmentFrom(pattern, at)
    segments.push(segment)
    if (segment.kind === wildcard) break
    at = end + 1
  }
  return segments
}

/** Whether a pattern captures nothing, so that exactly one path matches it. */
export function isLiteral(segments: readonly Segment[]): boolean {
  return segments.every((segment) => segment.kind === literal)
}

function segmentFrom(pattern: string, start: number): Segment & { readonly end: number } {
  let at = start
  while (at < pattern.length && pattern[at] !== '/' && pattern[at] !== '*' && !isParameter(pattern, at)) {
    at += pattern[at] === ':' ? 2 : 1
  }
  const prefix = pattern.slice(start, at).replaceAll('::', ':')
  if (pattern[at] === '*') return { kind: wildcard, prefix, shape: '*', suffix: '', end: pattern.length }
  if (pattern[at] !== ':') return { kind: literal, prefix, shape: '', suffix: prefix, end: at }
  const { shape, suffix, end } = shapeFrom(pattern, at)
  return { kind: shape === ':' ? plain : expression, prefix, shape, suffix, end }
}

/** A doubled colon is a literal one. */
function isParameter(pattern: string, at: number): boolean {
  return pattern[at] === ':' && pattern[at + 1] !== ':'
}

/** Reads parameters, their expressions and the text between them, up to the end of the segment. */
function shapeFrom(pattern: string, start: number) {
  let shape = ''
  let suffix = ''
  let at = start
  while (at < pattern.length && pattern[at] !== '/') {
    const name = /[^(./-]*/y
    name.lastIndex = at + 1
    name.test(pattern)
    const kept = name.lastIndex
    const text = pattern[kept] === '(' ? closingParenthesis(pattern, kept) + 1 : kept
    at = text
    while (at < pattern.length && pattern[at] !== '/' && !isParameter(pattern, at)) {
      at += pattern[at] === ':' ? 2 : 1
    }
    shape += `:${pattern.slice(kept, at)}`
    suffix = pattern.slice(text, at).replaceAll('::', ':')
  }
  // find-my-way encodes a percent sign here, so only the text behind the last one is certain.
  return { shape, suffix: suffix.slice(suffix.lastIndexOf('%') + 1), end: at }
}

function closingParenthesis(pattern: string, open: number): number {
  let depth = 0
  for (let at = open; at < pattern.length; at++) {
    if (pattern[at] === '\\') at++
    else if (pattern[at] === '(') depth++
    else if (pattern[at] === ')' && --depth === 0) return at
  }
  return pattern.length
}
