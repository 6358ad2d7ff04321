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

const brackets = [
  ['{', '}'],
  ['[', ']'],
  ['<', '>'],
] as const

/**
 * What to write for the first parameter in the syntax of another framework, such as `{id}`, `[id]` or `<int:id>`; undefined
 * without one. A URL has these brackets only percent-encoded (RFC 3986, 2), and in the expression of a parameter they are fine.
 */
export function advised(pattern: string): string | undefined {
  const text = withoutExpressions(pattern)
  for (const [open, close] of brackets) {
    const start = text.indexOf(open)
    const end = start < 0 ? -1 : text.indexOf(close, start)
    if (end < 0) continue
    const written = text.slice(start, text[end + 1] === close ? end + 2 : end + 1)
    if (/^.[[{]?(?:\.{3}|\*)|^<path:|^\{\w+(?:\+|:path)\}/.test(written))
      return `write * instead of ${written}`
    const [, name] = /^(?:\{|\[\[?|<(?:\w+:)?)(\w+)/.exec(written) ?? []
    return name === undefined
      ? 'write parameters as :name and a wildcard as *'
      : `write :${name} instead of ${written}`
  }
  return undefined
}

function withoutExpressions(pattern: string): string {
  let text = ''
  for (let at = 0; at < pattern.length; at++) {
    if (pattern[at] === '(') at = closingParenthesis(pattern, at)
    else text += pattern[at]
  }
  return text
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
