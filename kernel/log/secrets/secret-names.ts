// Words that make a name a secret's wherever they stand in it, in upper or lower case.
const anywhere = [
  'pass[\\W_]*(?:word(?!less)|wd|phrase|code)',
  'pwd',
  'secret(?!ar)',
  'token(?!i[sz])',
  'authori[sz]ation',
  'cookie',
  'credential',
  '(?<!pos|ob)sess(?:ion|id)',
  '(?:api|private|access|account|encryption|signing|master|shared|ssh|subscription|storage)[\\W_]*key',
  'connection[\\W_]*string',
  'jwt',
  '(?:amz|goog)[\\W_]*signature',
].join('|')
// Words that do so only at the end of a name: `auth_user`, `compass` and `passed` are not secrets.
const lastWord = 'pass|pw|auth(?:[\\W_]*(?:header|key))?|bearer|otp|csrf|xsrf'

const secretAnywhere = new RegExp(anywhere, 'i')
const secretLast = new RegExp(`(?:${lastWord})[\\W_]*$`, 'i')
/** Finds the places in a text where a secret's name may stand. */
export const nameHint =
  /pass|pwd|secret|token|auth|cookie|credential|session|sessid|signature|key|connection|jwt|pw|bearer|otp|csrf|xsrf/i

/** Names of counts and durations: a number under such a name is not a secret. */
const countName =
  /(?:tokens|sessions|cookies|credentials|secrets|passwords)$|(?:count|limit|length|size|total|used|ttl|timeout|age|expir(?:y|es)|expires?[\W_]*(?:in|at)|seconds|ms|remaining|left|duration|number|index|version|per[\W_]*(?:second|minute|hour|day|request))$/i
const passwordName = /pass[\W_]*(?:word|wd|phrase|code)|pwd|otp/i
const listedName = /^(?:proxy-)?authorization$|^(?:set-)?cookie$|^-|^\w+-/i
const headerName =
  /^(?:(?:proxy-)?authorization|(?:set-)?cookie|(?:accept|access-control|content|if|sec|x)-[a-z-]+|accept|origin|host|etag|user-agent|cache-control|connection|location|referer|vary|date|range|via|last-modified|retry-after|forwarded)$/i

/** Names of facts about a secret: where it comes from, its kind, how long it is valid. */
const aboutSecret =
  /(?:type|url|uri|endpoint|policy|name|domain|provider|method|algorithm|arn|expir(?:y|es|ation))$|[\W_]at$/i
const momentName = /[a-z]At$/

/** Names are seldom long; only the beginning of a long one is judged. */
const longest = 1_000

/**
 * Whether a field of this name holds a secret. These words count anywhere in the name: password, passwd,
 * passphrase, passcode, pwd, secret, token, authorization, cookie, credential, session, jwt, connection string, and
 * key after api, private, access, account and the like, in upper or lower case and with any separators (`apiKey`,
 * `X-API-Key`, `db_password`). These count as the last word: pass, pw, auth, bearer, otp, csrf, xsrf (`dbPass`,
 * `smtp_pass`, `basic-auth`, but not `compass` or `auth_user`). Facts about a secret do not count: `tokenType`,
 * `secretName`, `passwordChangedAt`.
 */
export function isSecretName(name: string): boolean {
  const judged = name.length > longest ? name.slice(0, longest) : name
  if (!nameHint.test(judged)) return false
  if (aboutSecret.test(judged) || momentName.test(judged)) return false
  return secretAnywhere.test(judged) || endsInSecret(judged)
}

/**
 * Whether a value under a secret's name reveals nothing: a boolean, nothing at all, or a count (`tokens: 12`,
 * `pass: 3`).
 */
export function isHarmlessValue(name: string, value: unknown): boolean {
  if (value === undefined || value === null || value === '' || typeof value === 'boolean') return true
  return typeof value === 'number' && isCount(name, String(value))
}

/**
 * Whether digits under a secret's name are a count: always if the name counts something, and up to 999 if it is not
 * a password's.
 */
export function isCount(name: string, digits: string): boolean {
  if (countName.test(name)) return true
  return digits.length <= 3 && !passwordName.test(name)
}

/**
 * Whether the next element of a flat list is the value of this one: secret headers (`['authorization', 'x']`) and
 * flags (`['--password', 'x']`). Other names in lists are just names, such as those of missing fields.
 */
export function isListedName(name: string): boolean {
  return name.length <= longest && listedName.test(name) && isSecretName(name)
}

/**
 * Whether the element after a listed name is its value and not another name, as in the list of headers that CORS
 * allows.
 */
export function isListedValue(value: string): boolean {
  return !headerName.test(value)
}

function endsInSecret(name: string): boolean {
  const at = name.search(secretLast)
  if (at <= 0) return at === 0
  const before = name.charAt(at - 1)
  return !/[a-z]/i.test(before) || (/[a-z]/.test(before) && /[A-Z]/.test(name.charAt(at)))
}
