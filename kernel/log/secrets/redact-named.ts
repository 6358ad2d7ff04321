import { isListedName, isListedValue, isSecretName, nameHint } from './secret-names.ts'
import { bareSpan, matchAt, quote, quotedSpan, redacted, type Span, valueSpan } from './secret-value.ts'

const hints = new RegExp(nameHint.source, 'gi')
const wordRun = /[\w-]+/y
/** A second word of the name: `session id`, `private key`, `connection string`. */
const secondWord = / (?:id|key|hash|value|phrase|code|string)\b/iy
/** The token that a parser did not expect is not a secret. */
const unexpected = /\bunexpected $/i
const firstWord = /\w{1,12} $/
/** The end of the name, the separator, and spaces. The last group is the separator. */
const separators = new RegExp(
  `(?:${quote})?(?:\\]|\\)|%5d)?(?:${quote})?\\s{0,20}(=>|:=|={1,3}|:(?!//)|%3d|%3a)[^\\S\\r\\n]{0,20}(?:\\s{1,20}(?=["'\`]))?`,
  'iy',
)
const listSeparators = new RegExp(`${quote}\\s{0,20},\\s{0,20}(?=${quote})`, 'iy')
const opening = new RegExp(quote, 'iy')
const longestElement = 4_000
const gap = /[ \t]{1,20}(?=[^\s-])/y
/** Between a name and its value when they stand side by side: attributes, entries of JSON and YAML, parts of a form. */
const besideValue = new RegExp(
  `(?:${quote})?(?:[,;]?\\s{0,20}(?:${quote})?\\bvalue(?:${quote})?\\s{0,20}[:=]\\s{0,20}|(?<=["'])(?:;[^\\r\\n]{0,200})?\\r?\\n\\r?\\n)`,
  'iy',
)
/** The rest of the tag that begins with the name. */
const restOfTag = /(?:\s[^<>]{0,300})?>/y
/** The same if the name is the value of the tag's last attribute: `<entry key="password">`. */
const endOfTag = /["']\s{0,20}>/y
const beforeQuote = /\s{1,4}(?=["'`])/y

/** The text without the values that follow a secret's name. */
export function redactNamed(text: string): string {
  let clean = ''
  let done = 0
  hints.lastIndex = 0
  // Looks at each run of letters once.
  for (let hint = hints.exec(text); hint !== null; hint = hints.exec(text)) {
    const start = startOfName(text, hint.index, done)
    const name = matchAt(wordRun, text, start)
    const end = start + name.length
    const span = secretBehind(text, name, start)
    hints.lastIndex = Math.max(end, span?.end ?? end)
    if (span === undefined) continue
    clean += `${text.slice(done, span.start)}${redacted}`
    done = span.end
  }
  return done === 0 ? text : clean + text.slice(done)
}

function startOfName(text: string, hint: number, done: number): number {
  let start = hint
  while (start > done && /[\w-]/.test(text.charAt(start - 1))) start--
  const before = text.charAt(start - 1)
  // The end of an escape is not part of the name: `%5Bpass%5D`, `\npass`.
  if (before === '%') return Math.min(start + 2, hint)
  return before === '\\' && /[nrt]/.test(text.charAt(start)) ? Math.min(start + 1, hint) : start
}

/** The value behind the name, if the name is a secret's and the value is one. */
function secretBehind(text: string, name: string, start: number): Span | undefined {
  const more = matchAt(secondWord, text, start + name.length)
  const first =
    name.toLowerCase() === 'key'
      ? (firstWord.exec(text.slice(Math.max(0, start - 13), start))?.[0] ?? '')
      : ''
  if (/^tokens?$/i.test(name) && unexpected.test(text.slice(Math.max(0, start - 12), start))) return undefined
  const whole = `${first}${name}${more}`
  if (!isSecretName(whole)) return isSecretName(name) ? otherForms(text, name, start) : undefined
  const end = start + name.length + more.length
  const separator = matchAt(separators, text, end)
  if (separator === '') return isSecretName(name) ? otherForms(text, name, start) : undefined
  const at = end + separator.length
  // The last part of a path, and a status or a line behind it.
  if (text.charAt(start - 1) === '/' && /\d/.test(text.charAt(at))) return undefined
  return valueSpan(text, name, separator.trim().slice(-1), at)
}

/** Forms without a separator: an element of XML, a flag, an element of a list, SQL. */
function otherForms(text: string, name: string, start: number): Span | undefined {
  const end = start + name.length
  const before = text.charAt(start - 1)
  const tag = matchAt(before === '<' || before === ':' ? restOfTag : endOfTag, text, end)
  if (tag !== '') return elementSpan(text, end + tag.length)
  const beside = matchAt(besideValue, text, end)
  if (beside !== '') return spanAt(text, name, end + beside.length)
  const list = matchAt(listSeparators, text, end)
  if (list !== '') return listedSpan(text, name, start, end + list.length)
  const isFlag = name.startsWith('-') && matchAt(gap, text, end) !== ''
  const isSql = /^(?:password|passwd|pwd)$/i.test(name) && matchAt(beforeQuote, text, end) !== ''
  if (!isFlag && !isSql) return undefined
  return spanAt(text, name, end + matchAt(/\s+/y, text, end).length)
}

function spanAt(text: string, name: string, at: number): Span | undefined {
  const mark = matchAt(opening, text, at)
  return mark === '' ? bareSpan(text, name, at) : quotedSpan(text, mark, at + mark.length)
}

function elementSpan(text: string, start: number): Span | undefined {
  const length = text.slice(start, start + longestElement).indexOf('<')
  const end = start + length
  return length > 0 && text.charAt(end + 1) === '/' ? { start, end } : undefined
}

/** The element of a list behind a header's name, or behind any secret's name in a list of pairs. */
function listedSpan(text: string, name: string, start: number, at: number): Span | undefined {
  const isPair = /[[,]\s{0,20}\[\s{0,20}\\{0,16}["'`]$/.test(text.slice(Math.max(0, start - 60), start))
  if (!isPair && !isListedName(name)) return undefined
  const mark = matchAt(opening, text, at)
  const span = quotedSpan(text, mark, at + mark.length)
  return span && isListedValue(text.slice(span.start, span.end)) ? span : undefined
}
