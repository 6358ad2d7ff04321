import { TomodachiError } from '../errors.ts'
import { type ClientTlsOptions, resolveClientTls } from '../tls.ts'
import { lineOfText, type OptionShape, resolveOptions, wholeNumber } from './option-shapes.ts'

/** Where a server is, and as whom it is called. */
export interface ServerOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** Default: that of the protocol. */
  readonly port?: number
  /** Default: that of the server. */
  readonly username?: string
  /** Default none. */
  readonly password?: string
  /** Instead of host, port, username and password: `protocol://username:password@host:port`; with TLS, `protocols:`. */
  readonly url?: string
  /** TLS, with the system's authorities, or with options. Default: false, or what the URL says. */
  readonly tls?: boolean | ClientTlsOptions
}

/** The same, checked. */
export interface ServerAddress {
  readonly host: string
  readonly port: number
  readonly username: string | undefined
  readonly password: string | undefined
  /** Undefined without TLS. */
  readonly tls: ClientTlsOptions | undefined
  /** What follows the port in the URL, without the slash; empty where there is none. */
  readonly path: string
}

const secret: OptionShape<string> = {
  standard: '',
  expected: 'a string',
  fits: (value) => typeof value === 'string',
}

/**
 * Checks where a server is. `owner` is the function that takes the options, as errors name it. Throws `OPTION_INVALID`,
 * `OPTIONS_CONFLICT` and `TLS_INVALID`, which show neither password nor URL.
 */
export function resolveServer(
  owner: string,
  { url, tls, ...given }: { readonly [Option in keyof ServerOptions]: ServerOptions[Option] | undefined },
  { protocol, port }: { readonly protocol: string; readonly port: number },
): ServerAddress {
  if (url !== undefined)
    for (const [option, value] of Object.entries(given))
      if (value !== undefined)
        throw new TomodachiError('OPTIONS_CONFLICT', { one: `${owner}.url`, other: `${owner}.${option}` })
  const parts = url === undefined ? { ...given, isSecure: false, path: '' } : partsOf(owner, url, protocol)
  const { isSecure, path, password, ...shown } = parts
  if (isSecure && tls === false) {
    const one = `a ${owner}.url with ${protocol}s:`
    throw new TomodachiError('OPTIONS_CONFLICT', { one, other: `${owner}.tls: false` })
  }
  const shapes = {
    host: lineOfText('127.0.0.1'),
    port: wholeNumber(port, 1, 65_535),
    username: lineOfText('-'),
  }
  const { host, port: at } = resolveOptions(owner, shown, shapes)
  if (password !== undefined && !secret.fits(password)) refuse(owner, 'password', secret.expected)
  const secure = tls === undefined ? isSecure : tls
  const resolved =
    secure === true ? {} : secure === false ? undefined : resolveClientTls(`${owner}.tls`, secure)
  return { host, port: at, username: shown.username, password, tls: resolved, path }
}

function partsOf(owner: string, url: string, protocol: string) {
  const expected = `a URL such as ${protocol}s://username:password@host`
  const {
    protocol: found,
    hostname,
    port,
    username,
    password,
    pathname,
    search,
    hash,
  } = URL.canParse(url) ? new URL(url) : new URL('none:')
  if (!['', 's'].some((end) => found === `${protocol}${end}:`) || hostname === '' || search + hash !== '')
    refuse(owner, 'url', expected)
  const text = (part: string) => (part === '' ? undefined : decodeURIComponent(part))
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? undefined : Number(port),
    username: text(username),
    password: text(password),
    isSecure: found === `${protocol}s:`,
    path: text(pathname.slice(1)) ?? '',
  }
}

/** Without the value, which may hold a password. */
function refuse(owner: string, option: string, expected: string): never {
  throw new TomodachiError('OPTION_INVALID', {
    option: `${owner}.${option}`,
    expected,
    actual: 'something else',
  })
}
