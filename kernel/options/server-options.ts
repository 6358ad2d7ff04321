import { TomodachiError } from '../errors.ts'
import { optionShape, secret } from './option-shape.ts'
import { lineOfText, wholeNumber } from './option-shapes.ts'
import { type Resolved, refuseBeside, type ShapesOf } from './resolve-options.ts'
import { type ClientTlsOptions, clientTlsOption } from './tls.ts'

/** Where a server is, and as whom it is called. */
export interface ServerOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** Default: the port of the protocol. */
  readonly port?: number
  /** Default: the server's own. */
  readonly username?: string
  /** Default none. */
  readonly password?: string
  /** Instead of host, port, username and password: `protocol://username:password@host:port`; with TLS, `protocols:`. */
  readonly url?: string
  /** TLS with the system's certificate authorities (`true`), or with options. Default: false, or what the URL says. */
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

/** What the URL of a server begins with, and where the server listens unless the options say so. */
interface ServerPorts {
  /** Without the `s` that stands for TLS. */
  readonly protocol: string
  readonly port: number
  /** Default: the same port. */
  readonly securePort?: number
}

const text = optionShape<string | undefined>(undefined, 'text', (value) =>
  typeof value === 'string' ? value : undefined,
)

/** What the options have to be that say where a server is. */
export const serverOptionShapes = {
  host: lineOfText(undefined),
  port: wholeNumber(undefined, 1, 65_535),
  username: lineOfText(undefined),
  password: secret(text),
  url: secret(text),
  tls: clientTlsOption(),
} satisfies ShapesOf<ServerOptions>

/**
 * Says where a server is, from options that were checked. `owner` is the function that takes the options, as errors name
 * it. Throws `OPTION_INVALID` and `OPTIONS_CONFLICT`, which show neither password nor URL.
 */
export function resolveServer(
  owner: string,
  { url, tls, ...given }: Resolved<typeof serverOptionShapes>,
  { protocol, port, securePort = port }: ServerPorts,
): ServerAddress {
  if (url !== undefined) refuseBeside(owner, 'url', given)
  const parts = url === undefined ? { ...given, isSecure: false, path: '' } : partsOf(owner, url, protocol)
  if (parts.isSecure && tls === false) {
    const one = `a ${owner}.url with ${protocol}s:`
    throw new TomodachiError('OPTIONS_CONFLICT', { one, other: `${owner}.tls: false` })
  }
  const secured = tls === undefined ? (parts.isSecure ? {} : undefined) : tls || undefined
  const { host = '127.0.0.1', port: at = secured ? securePort : port, username, password, path } = parts
  return { host, port: at, username, password, tls: secured, path }
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
  const isOurs = found === `${protocol}:` || found === `${protocol}s:`
  if (!isOurs || hostname === '' || search + hash !== '') refuse(owner, 'url', expected)
  const text = (part: string) => {
    try {
      return part === '' ? undefined : decodeURIComponent(part)
    } catch {
      return refuse(owner, 'url', `${expected}, in which % stands only before two hexadecimal digits`)
    }
  }
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? undefined : Number(port) || refuse(owner, 'url', expected),
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
    hidden: true,
  })
}
