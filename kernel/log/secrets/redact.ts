import { isUtf8 } from 'node:buffer'
import { redactNamed } from './redact-named.ts'
import { redacted } from './secret-value.ts'

// Takes time linear in the length of the text. Each pattern either fails within a bounded number of characters or
// takes what it has read: an unbounded run stands only where nothing after it can fail.

// Finds whatever the patterns below and `nameHint` begin with, and a little more. Every logged text is searched for it:
// sorted by first letters, it takes half the time.
const anySecret =
  /p(?:ass|wd|w|rivate|ypi-)|s(?:ecret|ess(?:ion|id)|ignature|k[-_]|g\.)|token|a(?:uth|kia|sia|iza)|c(?:ookie|redential|onnection|srf|url\s)|key|jwt|b(?:earer|asic\s)|o(?:tp|auth\s)|x(?:srf|ox)|:\/\/|%3a%2f|d(?:igest|pop)\s|n(?:egotiate\s|tlm\s|pm_)|h(?:awk\s|vs\.|ooks\.slack)|eyj|g(?:h[pousr]_|ithub_pat|lpat-|ocspx-)|rk[-_]|ya29|[?&]sig=|identified\s/i

// A match needs part of the key's body, so that a sentence about such a header stays.
const pemKeys =
  /-{4,5} ?BEGIN [A-Z\d ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}(?=[\s\\nr'"+]{0,16}(?:[\w+/=]{8}|Proc-|DEK-|Comment|Version))[\s\S]*?(?:-{4,5} ?END[^-]{0,60}-{4,5}|$)/g
const jsonWebTokens = /eyJ[\w-]{4,}(?:\.[\w.-]*)?/g
const awsKeys = /\b(?:AKIA|ASIA)[A-Z\d]{16}\b(?:[\s:/,;|'"=]{1,4}[\w/+=]{40}(?![\w/+=]))?/g
// The beginnings that services give their tokens, so that they can be found.
const knownTokens =
  /\b(?:gh[pousr]_[A-Za-z\d]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{10,}|[sr]k_(?:live|test)_\w{10,}|sk-(?=[\w-]{0,40}\d)[\w-]{20,}|npm_[A-Za-z\d]{30,}|AIza[\w-]{30,}|ya29\.[\w-]{20,}|SG\.[\w-]{16,64}\.[\w-]{16,}|hvs\.[\w-]{20,}|pypi-[\w-]{30,}|GOCSPX-[\w-]{20,}|AGE-SECRET-KEY-1[A-Z\d]{20,})/g

const schemes = /\b(bearer|basic|digest|negotiate|ntlm|dpop|hawk|apikey|token)(\s+)([\w.~+/=-]+)/gi
const parameters =
  /\b(digest|hawk|oauth|aws4-hmac-sha256)(\s+)(?=\w{1,40}=)(?:=\\*"[^"\r\n]*"?|[^"'`\r\n])+/gi
// Secrets in URLs, commands and statements.
const signatures = /([?&]sig(?:nature)?=|\bhooks\.slack\.com\/services\/)[\w%+/=-]{8,}/gi
const curlUsers =
  /(\bcurl(?=\s)[^\r\n]{0,300}?\s(?:-u|-U|--user|--proxy-user)[ =]?["']?[^\s:"']{1,100}:)[^\s"']+/g
const sqlPasswords =
  /(\bidentified\s{1,4}(?:with\s{1,4}\S{1,40}\s{1,4})?(?:by|as)\s{1,4}(?:password\s{1,4})?["'])[^"'\r\n]+/gi
const schemeProse =
  /^(?:tokens?|auth|authentication|authorization|credentials|scheme|realm=?|missing|is|was|not|required|expired|invalid|of|or|and|in|for|from|header)$/i
const hiddenUserSchemes = /(?:^|[^a-z\d+.-])(?:git\+)?(?:https?|wss?|nats)$/i

/** How many levels of encoding are looked into. */
const mostEncodings = 3

/**
 * The text without its secrets: keys in PEM, JSON Web Tokens and tokens with a known beginning, users and tokens in
 * a URL (`scheme://user:password@host`, `https://TOKEN@host`), what follows `Bearer`, `Basic` and other schemes,
 * and values that follow a secret's name in any notation: headers, query parameters, `password: x`, `"token":"x"`,
 * `api_key=x`, `Password=x;`, `--token x`, `name="token" value="x"`, JSON in JSON, percent-encoded. Prose stays
 * ("bearer token missing", "password: required"). Takes time in proportion to the length of the text.
 */
export function redactText(text: string): string {
  return redactEncoded(text, 0)
}

function redactEncoded(text: string, depth: number): string {
  if (!anySecret.test(text)) return text
  const decoded = text.includes('%') && depth < mostEncodings ? redactComponents(text, depth) : text
  const unnamed = decoded
    .replace(pemKeys, redacted)
    .replace(jsonWebTokens, (found) => (found.split('.').length > 2 ? redacted : found))
    .replace(awsKeys, redacted)
    .replace(knownTokens, redacted)
    .replace(signatures, `$1${redacted}`)
    .replace(curlUsers, `$1${redacted}`)
    .replace(sqlPasswords, `$1${redacted}`)
    .replace(parameters, `$1$2${redacted}`)
    .replace(schemes, withoutToken)
  return redactNamed(withoutUrlUsers(unnamed))
}

/** Looks into percent-encoded text, such as JSON in a query. */
function redactComponents(text: string, depth: number): string {
  return text.replace(/[\w.~*+%!()-]+/g, (component) => {
    if (!/%[\da-f]{2}/i.test(component)) return component
    const plain = component.replace(/(?:%[\da-f]{2})+/gi, decoded)
    const clean = plain === component ? plain : redactEncoded(plain, depth + 1)
    return clean === plain ? component : encodeURIComponent(clean).replaceAll('%5Bredacted%5D', redacted)
  })
}

/**
 * Leaves bytes that are not UTF-8 as they are. `decodeURIComponent` would throw for each, which takes longer than
 * everything else.
 */
function decoded(escapes: string): string {
  const bytes = Buffer.from(escapes.replaceAll('%', ''), 'hex')
  return isUtf8(bytes) ? bytes.toString() : escapes
}

function withoutToken(found: string, name: string, gap: string, token: string): string {
  return isToken(name.toLowerCase(), token) ? `${name}${gap}${redacted}` : found
}

function isToken(name: string, token: string): boolean {
  if (schemeProse.test(token)) return false
  if (name === 'bearer') return true
  if (name === 'basic') return !/^[a-z]+$/.test(token)
  return token.length >= 16 && /\d/.test(token)
}

function withoutUrlUsers(text: string): string {
  const parts = text.split('://')
  if (parts.length === 1) return text
  return parts
    .map((part, index) => (index === 0 ? part : withoutUser(part, (parts[index - 1] ?? '').slice(-12))))
    .join('://')
}

/** `part` is the text after `://`, and `before` ends with the scheme. */
function withoutUser(part: string, before: string): string {
  const run = /^[^\s"<>`]*/.exec(part)?.[0] ?? ''
  const end = run.search(/[/?#]/)
  const authority = end < 0 ? run : run.slice(0, end)
  const colon = authority.indexOf(':')
  let at = authority.lastIndexOf('@')
  // A password may contain a slash that was not encoded; after a port a path follows.
  if (at < 0 && colon >= 0 && !authority.startsWith('[') && !/^\d{1,5}$/.test(authority.slice(colon + 1))) {
    at = run.indexOf('@')
  }
  if (at <= 0) return part
  const user = colon >= 0 && colon < at ? run.slice(0, colon) : run.slice(0, at)
  const password = colon >= 0 && colon < at ? run.slice(colon + 1, at) : undefined
  const rest = part.slice(at)
  const isUserToken = hiddenUserSchemes.test(before) || (/\d/.test(user) && user.length >= 20)
  if (password === undefined) return isUserToken ? `${redacted}${rest}` : part
  if (password === '' || password === 'x-oauth-basic')
    return isUserToken ? `${redacted}:${password}${rest}` : part
  return `${user}:${redacted}${rest}`
}
