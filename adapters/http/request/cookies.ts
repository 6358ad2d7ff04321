import {
  choice,
  duration,
  flag,
  type OptionShape,
  optionShape,
  type Resolved,
  resolveOptions,
  type ShapesOf,
} from '../../../kernel/adapter-kit.ts'
import { type Duration, TomodachiError } from '../../../kernel/index.ts'

/** What a browser is told about a cookie (RFC 6265, 4.1.2, and its successor RFC 6265bis). */
export interface CookieAttributes {
  /** The cookie is sent to this domain and the hosts below it. Default: only to the host that set it. */
  readonly domain?: string | undefined
  /** The cookie is sent with requests below this path. Default: the folder of the request's path. */
  readonly path?: string | undefined
  /** When the cookie expires. Default: at the end of the browser's session. */
  readonly expires?: Date | undefined
  /** How long the cookie lasts, in whole seconds: `'1h'`. Browsers prefer it to `expires`. */
  readonly maxAge?: Duration | undefined
  /** Whether the cookie is sent only over TLS. Default false. */
  readonly secure?: boolean | undefined
  /** Whether the cookie is hidden from scripts. Default false. */
  readonly httpOnly?: boolean | undefined
  /** Whether requests from other sites carry the cookie. Browsers treat a cookie without it as `Lax`. */
  readonly sameSite?: 'Strict' | 'Lax' | 'None' | undefined
  /** Whether the cookie is stored separately for each site that embeds this one. Default false. */
  readonly partitioned?: boolean | undefined
}

/** The cookies of a request, by name. The object has no prototype. */
export type Cookies = Readonly<Record<string, string | undefined>>

/** RFC 9110, 5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** RFC 6265, 4.1.1: no controls, blanks, quotes, commas, semicolons and backslashes. */
const notInValue = /[^\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]/
const attributeValue = /^[\x20-\x3a\x3c-\x7e]{1,1024}$/
const domainName = /^\.?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i

const text = (expected: string, fits: (value: string) => boolean) =>
  optionShape<string | undefined>(undefined, expected, (value) =>
    typeof value === 'string' && fits(value) ? value : undefined,
  )

const dateOption: OptionShape<Date | undefined> = {
  standard: undefined,
  expected: 'a Date from 1970 to 9999',
  read: (value) =>
    value instanceof Date && Number(value) >= 0 && value.getUTCFullYear() < 10_000 ? value : undefined,
}

const shapes = {
  domain: text('the name of a host', (value) => value.length <= 255 && domainName.test(value)),
  path: text(
    'a path from /, in ASCII without semicolons',
    (value) => /^\//.test(value) && attributeValue.test(value),
  ),
  expires: dateOption,
  maxAge: duration(undefined, { step: '1s', most: '36500d' }),
  secure: flag(undefined),
  httpOnly: flag(undefined),
  sameSite: choice(undefined, ['Strict', 'Lax', 'None']),
  partitioned: flag(undefined),
} satisfies ShapesOf<CookieAttributes>

/**
 * Reads a `Cookie` header (RFC 6265, 5.4). Values are not decoded; only quotes around them are removed. If several
 * cookies have the same name, the first counts: browsers send the one with the longest path first.
 */
export function parseCookies(header: string | undefined): Cookies {
  const cookies: Record<string, string> = Object.create(null)
  for (const pair of header?.split(';') ?? []) {
    const at = pair.indexOf('=')
    const name = pair.slice(0, at).trim()
    if (at < 0 || name === '' || name in cookies) continue
    const value = pair.slice(at + 1).trim()
    cookies[name] = /^".*"$/.test(value) ? value.slice(1, -1) : value
  }
  return cookies
}

/**
 * Makes the value of a `Set-Cookie` header: `[200, body, { 'set-cookie': setCookie('id', id, { httpOnly: true }) }]`; a
 * list sets several cookies. Throws `OPTION_INVALID` and `OPTIONS_CONFLICT` for what browsers would ignore or misread:
 * characters that RFC 6265 does not allow, unknown attributes, `SameSite=None` or `Partitioned` without `Secure`, and
 * the prefixes `__Secure-` and `__Host-` without the attributes they require.
 */
export function setCookie(name: string, value: string, attributes: CookieAttributes = {}): string {
  checkPair(name, value)
  const resolved = resolveOptions('setCookie', attributes, shapes)
  checkPromises(name, resolved)
  const { domain, path, expires, maxAge, secure, httpOnly, sameSite, partitioned } = resolved
  return [
    `${name}=${value}`,
    ...(domain === undefined ? [] : [`Domain=${domain}`]),
    ...(path === undefined ? [] : [`Path=${path}`]),
    ...(expires === undefined ? [] : [`Expires=${expires.toUTCString()}`]),
    ...(maxAge === undefined ? [] : [`Max-Age=${maxAge / 1_000}`]),
    ...(secure ? ['Secure'] : []),
    ...(httpOnly ? ['HttpOnly'] : []),
    ...(sameSite === undefined ? [] : [`SameSite=${sameSite}`]),
    ...(partitioned ? ['Partitioned'] : []),
  ].join('; ')
}

/**
 * Makes the value of a `Set-Cookie` header that deletes a cookie. Give the domain and path with which the cookie was
 * set; a name with a prefix needs its attributes here too.
 */
export function deleteCookie(
  name: string,
  attributes: Omit<CookieAttributes, 'expires' | 'maxAge'> = {},
): string {
  return setCookie(name, '', { ...attributes, expires: new Date(0), maxAge: 0 })
}

function checkPair(name: string, value: string): void {
  if (typeof name !== 'string' || !token.test(name))
    throw invalid('name', 'letters, digits and some marks (a token of RFC 9110, 5.6.2)', name)
  // A value may be a secret, so the error shows as little of it as possible.
  if (typeof value !== 'string') throw invalid('value', 'a string', typeof value)
  const [wrong] = notInValue.exec(value) ?? []
  if (wrong !== undefined)
    throw invalid(
      'value',
      'text without such characters; encode it, for example with encodeURIComponent',
      wrong,
    )
  const size = name.length + value.length
  if (size > 4_096) throw invalid('value', 'at most 4096 bytes together with its name', size)
}

function invalid(argument: string, expected: string, actual: unknown): TomodachiError {
  return new TomodachiError('OPTION_INVALID', { option: `setCookie(${argument})`, expected, actual })
}

/** Throws where an attribute, or a prefix of the name (RFC 6265bis, 4.1.3), requires another attribute. */
function checkPromises(
  name: string,
  { domain, path, secure, sameSite, partitioned }: Resolved<typeof shapes>,
) {
  const [prefix] = /^__(?:host|secure)-/i.exec(name) ?? []
  const isHost = prefix?.length === 7
  if (!secure && (prefix !== undefined || sameSite === 'None' || partitioned)) {
    const attribute = sameSite === 'None' ? 'sameSite: "None"' : 'partitioned'
    const requiredBy = prefix === undefined ? attribute : `the prefix ${prefix}`
    throw new TomodachiError('OPTION_INVALID', { option: 'secure: true', requiredBy })
  }
  if (isHost && path !== '/')
    throw new TomodachiError('OPTION_INVALID', { option: 'path: "/"', requiredBy: `the prefix ${prefix}` })
  if (isHost && domain !== undefined)
    throw new TomodachiError('OPTIONS_CONFLICT', { one: 'setCookie.domain', other: `the prefix ${prefix}` })
}
