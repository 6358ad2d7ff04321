import { isCount } from './secret-names.ts'

/** The place of a secret in a text. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** What replaces a secret. */
export const redacted = '[redacted]'

/** A quotation mark in plain text, in JSON within JSON, in HTML or in a URL. */
export const quote = `(?:\\\\{0,16}["'\`]|&quot;|&#3[49];|%22|%27)`

const opening = new RegExp(quote, 'iy')
// Marks, commas and ampersands belong to the value if it goes on behind them.
const bareValue =
  /(?:[^\s"'`&,;<>]|["'`](?=\w)|[&,;](?![\s&"'`[{]|$|[\w.%[\]-]{1,60}\s?[=:]|[\w-]{1,60}["'`]))+/y
const oneToken =
  /(?:bearer|basic|token|oauth|negotiate|ntlm|dpop|api-?key|key|jwt|vapid)[ \t]{1,9}(?=[\w.~+/=-])(?!\w{1,40}=["\w])/iy
const restOfLine = /(?:=\\*"[^"\r\n]*"?|[^"'`\r\n])*/y
const cookiePairs = /(?:;[ \t]?|[^\s&"'`;])*/y
const longestPairName = 200
const cookieName = /cookies?$/i
const authorizationName = /authori[sz]ation$/i
/** In a shell, `pwd` is the working directory. */
const workingDirectory = /^(?:old)?pwd=(?:\/|[a-z]:\\)/i
/** A placeholder for a value in SQL. */
const placeholder = /^(?:\$\d{1,3}|@p\d{1,3}|%s)$/
const schemeAndMarker = /^[\w-]+ \[redacted\]/

// Words that follow a secret's name without being one: its state, and what it should be.
const prose = new Set(
  `a accepted active all an anonymous any array at auth authentication basic bearer boolean by cannot changed closed created
  deleted denied digest disabled does empty enabled ended error expected expired failed failure false for forbidden found
  has idle in include incorrect invalid is it jwt ldap malformed mismatch missing must never new nil no none not null number oauth
  oauth2 object of off ok okay omit on opened optional rejected requested required revoked rotated same-origin should started string success test tests
  the this to too true type unauthorized undefined unknown unset updated user valid was with wrong yes`.split(
    /\s+/,
  ),
)

/** The span of the value that begins at `start`, behind the name and its separator; undefined if it is not a secret. */
export function valueSpan(text: string, name: string, separator: string, start: number): Span | undefined {
  const mark = matchAt(opening, text, start)
  if (mark !== '') return quotedSpan(text, mark, start + mark.length)
  if (text.startsWith(redacted, start)) return undefined
  const first = text.charAt(start)
  if (first === '[' || first === '{') return { start, end: closingBracket(text, start) }
  if (authorizationName.test(name)) return authorizationSpan(text, name, separator, start)
  return cookieName.test(name) ? cookieSpan(text, name, separator, start) : bareSpan(text, name, start)
}

/** A value without quotation marks: it ends at a space, without the punctuation of the sentence around it. */
export function bareSpan(text: string, name: string, start: number): Span | undefined {
  const value = matchAt(bareValue, text, start)
  let end = start + value.length
  while (end > start && ')]}.!?:'.includes(text.charAt(end - 1))) end--
  // Only punctuation, as after "unexpected token:".
  if (end === start) return undefined
  const word = text.slice(start, end)
  if (workingDirectory.test(`${name}=${word.slice(0, 3)}`)) return undefined
  if (prose.has(word.toLowerCase()) || placeholder.test(word) || word.startsWith(redacted)) return undefined
  return /^\d{1,13}(?:\.\d{1,9})?(?:ms|[smhd%])?$/.test(word) && isCount(name, word)
    ? undefined
    : { start, end }
}

/** The span of a quotation whose mark has just been read. If it is not closed, it goes on to the end. */
export function quotedSpan(text: string, mark: string, start: number): Span | undefined {
  const end = closingQuote(text, mark, start)
  const value = text.slice(start, Math.min(end, start + 40))
  return value === '' || value.startsWith(redacted) || schemeAndMarker.test(value)
    ? undefined
    : { start, end }
}

function authorizationSpan(text: string, name: string, separator: string, start: number): Span | undefined {
  if (schemeAndMarker.test(text.slice(start, start + 40))) return undefined
  const scheme = matchAt(oneToken, text, start)
  if (scheme !== '') return bareSpan(text, name, start + scheme.length)
  if (separator === '=') return bareSpan(text, name, start)
  return bareSpan(text, name, start) && lineSpan(text, restOfLine, start)
}

function cookieSpan(text: string, name: string, separator: string, start: number): Span | undefined {
  // Without a first pair it is a sentence. Looked for nearby only, so that whatever is read is also taken.
  if (!/^[^\r\n'"=;]*=/.test(text.slice(start, start + longestPairName))) return bareSpan(text, name, start)
  return lineSpan(text, separator === '=' ? cookiePairs : restOfLine, start)
}

function lineSpan(text: string, pattern: RegExp, start: number): Span {
  return { start, end: start + matchAt(pattern, text, start).trimEnd().length }
}

/**
 * Where the quotation ends. In JSON within JSON a mark has as many backslashes as its depth; deeper marks have
 * more.
 */
function closingQuote(text: string, mark: string, start: number): number {
  const sign = mark.charAt(mark.length - 1)
  if (!`"'\``.includes(sign)) return indexOrEnd(text, mark, start)
  for (let at = indexOrEnd(text, sign, start); at < text.length; at = indexOrEnd(text, sign, at + 1)) {
    let slashes = 0
    while (at - slashes > start && text.charAt(at - slashes - 1) === '\\') slashes++
    const isEscaped = mark.length === 1 ? slashes % 2 === 1 : slashes >= mark.length
    if (!isEscaped) return at - (mark.length === 1 ? 0 : slashes)
  }
  return text.length
}

function closingBracket(text: string, start: number): number {
  let depth = 0
  const brackets = /[[\]{}]/g
  brackets.lastIndex = start
  for (let found = brackets.exec(text); found !== null; found = brackets.exec(text)) {
    depth += found[0] === '[' || found[0] === '{' ? 1 : -1
    if (depth === 0) return brackets.lastIndex
  }
  return text.length
}

function indexOrEnd(text: string, sought: string, from: number): number {
  const index = text.indexOf(sought, from)
  return index < 0 ? text.length : index
}

/** What the sticky pattern matches at that place; empty if it does not match. */
export function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}
