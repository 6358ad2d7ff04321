/** What stands in place of a secret. */
export const redacted = '[redacted]'

const words = [
  'pass[\\W_]*(?:word|wd|phrase)',
  'secret',
  'token',
  'authorization',
  'cookie',
  'api[\\W_]*key',
  'credential',
  '(?:private|access)[\\W_]*key',
  'session',
].join('|')

const secretName = new RegExp(words, 'i')
const urlUser = ':\\/\\/([^\\s/?#:@"<>]*):[^\\s/?#"<>]*@'
const scheme = '\\b(bearer|basic)(\\s+)([\\w.~+/=-]+)'
// Bounded runs around the word keep the search linear in the length of the text.
const queryValue = `([?&][\\w.-]{0,40}?(?:${words})[\\w.-]{0,40}=)[^&#\\s"<>]+`

// Behind a name, as programs print what they know: `password: 'x'`, `"token":"x"`, `api_key=x`. A quotation that does
// not end is a secret up to the end.
const name = `[\\w-]{0,40}?(?:${words})[\\w-]{0,40}`
const quotedValue = `(?<![\\w-])((['"]?)${name}\\2\\s?[:=]\\s?)(['"\`])(?:\\\\.|(?!\\3)[^\\\\])*\\3?`
const bareValue = `\\b(${name}=)(?!\\[redacted)[^\\s'"\`&,;<>]+`
const cookies = '\\b(cookie: ?)[^\\r\\n\'"=;]+=[^\\r\\n\'"]*'

const anySecret = new RegExp(`${urlUser}|${scheme}|${words}`, 'i')
const urlUsers = new RegExp(urlUser, 'gi')
const schemes = new RegExp(scheme, 'gi')
const queryValues = new RegExp(queryValue, 'gi')
const quotedValues = new RegExp(quotedValue, 'gi')
const bareValues = new RegExp(bareValue, 'gi')
const cookieLines = new RegExp(cookies, 'gi')
const schemeProse = /^(?:tokens?|auth|authentication|authorization|scheme|realm=?)$/i

/**
 * Whether a field of this name holds a secret: password, passwd, passphrase, secret, token, authorization, cookie,
 * api key, credential, private key, access key or session anywhere in the name, in any case of letters and with any
 * separators (`apiKey`, `X-API-Key`, `db_password`).
 */
export function isSecretName(name: string): boolean {
  return secretName.test(name)
}

/**
 * The text without its secrets: the password of `scheme://user:password@host`, the token after `Bearer` or `Basic`,
 * and values behind a secret's name: query parameters, `password: 'x'`, `"token":"x"`, `api_key=x`, `Cookie: a=b`.
 * Words of prose that follow `Bearer` and `Basic` stay ("bearer token missing"); after `Basic`, so does any word in
 * small letters alone.
 */
export function redactText(text: string): string {
  if (!anySecret.test(text)) return text
  return text
    .replace(urlUsers, `://$1:${redacted}@`)
    .replace(schemes, (found: string, name: string, gap: string, token: string) =>
      isProse(name, token) ? found : `${name}${gap}${redacted}`,
    )
    .replace(queryValues, `$1${redacted}`)
    .replace(quotedValues, `$1$3${redacted}$3`)
    .replace(bareValues, `$1${redacted}`)
    .replace(cookieLines, `$1${redacted}`)
}

function isProse(name: string, token: string): boolean {
  return schemeProse.test(token) || (name.toLowerCase() === 'basic' && /^[a-z]+$/.test(token))
}
