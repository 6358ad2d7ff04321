import { TomodachiError } from '../errors.ts'
import { reasonOf } from '../thrown.ts'
import type { OptionShape } from './option-shape.ts'

/** What either side of a TLS connection takes. Keys and certificates are PEM, as text or as the bytes of a file, not its path. */
interface TlsOptions {
  /** The password of the key, where it has one. */
  readonly passphrase?: string
  /** The oldest version that is spoken. Default `TLSv1.2`. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
}

/** How a server speaks TLS. Keys and certificates are PEM, as text or as the bytes of a file, not its path. */
export interface ServerTlsOptions extends TlsOptions {
  /** The private key. */
  readonly key: string | Buffer
  /** The certificate of that key, and behind it those that lead to a known authority. */
  readonly cert: string | Buffer
  /** Authorities that clients' certificates may come from; required together with `requestCert`. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[]
  /** Whether clients are asked for a certificate; required together with `ca`. Default false. */
  readonly requestCert?: boolean
  /** Whether clients without a certificate that holds are turned away, once they are asked for one. Default true. */
  readonly rejectUnauthorized?: boolean
}

/** How a client speaks TLS. Keys and certificates are PEM, as text or as the bytes of a file, not its path. */
export interface ClientTlsOptions extends TlsOptions {
  /** The private key, with `cert`, for a server that asks who calls. */
  readonly key?: string | Buffer
  /** The certificate of that key, and behind it those that lead to an authority that the server knows. */
  readonly cert?: string | Buffer
  /** Authorities that the server's certificate may come from. Default: those that node knows. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[]
  /** Name that the server's certificate has to bear, and that the server is told (RFC 6066, 3). Default: the host. */
  readonly servername?: string
  /** Whether a server without a certificate that holds is refused. Default true. */
  readonly rejectUnauthorized?: boolean
}

/** Checked options, in an object that nobody else has; authorities are a list. */
type Resolved<Options> = Omit<Options, 'ca'> & { readonly ca?: (string | Buffer)[] }

export type ClientTls = Resolved<ClientTlsOptions>

/** How the value of an option looks, in words and as a test. */
type Shape = readonly [expected: string, fits: (value: unknown) => boolean]
type Shapes<Options> = Readonly<Record<keyof Options & string, Shape>>

const isPem = (value: unknown) => typeof value === 'string' || Buffer.isBuffer(value)
const isPemOrList = (value: unknown) => {
  const list = [value].flat()
  return list.length > 0 && list.every(isPem)
}
const pem: Shape = ['PEM, as text or bytes', isPem]
const flag: Shape = ['true or false', (value) => typeof value === 'boolean']
const text: Shape = ['a string', (value) => typeof value === 'string']
const shared = {
  key: pem,
  cert: pem,
  passphrase: text,
  ca: ['PEM, as text or bytes, or a list of that', isPemOrList],
  rejectUnauthorized: flag,
  minVersion: ['TLSv1.2 or TLSv1.3', (value) => value === 'TLSv1.2' || value === 'TLSv1.3'],
} satisfies Record<string, Shape>
const serverShapes: Shapes<ServerTlsOptions> = { ...shared, requestCert: flag }
const clientShapes: Shapes<ClientTlsOptions> = { ...shared, servername: text }

/**
 * Checks how a server is to speak TLS. Throws `OPTION_INVALID`, and `TLS_INVALID` when the key or a certificate cannot be
 * read, or do not belong together. No error shows a value: it might be the key.
 *
 * @param where the option that they are, as errors name it: `broker.tls`
 */
export function resolveServerTls(where: string, options: ServerTlsOptions): Resolved<ServerTlsOptions> {
  checkObject(where, options, 'an object with a key and a certificate')
  const resolved = resolve(where, options, serverShapes, true)
  const { ca, requestCert = false, rejectUnauthorized } = resolved
  // Nobody would be asked for a certificate.
  for (const [option, value] of Object.entries({ ca, rejectUnauthorized }))
    if (value !== undefined && !requestCert)
      refuse(`${where}.requestCert`, `true where ${option} is given`, requestCert)
  // The certificate of any public authority would do.
  if (ca === undefined && requestCert) refuse(`${where}.ca`, 'given where requestCert is true', 'left out')
  return resolved
}

/** The same for a client, whose key and certificate come together or not at all. */
export function resolveClientTls(where: string, options: ClientTlsOptions): Resolved<ClientTlsOptions> {
  checkObject(where, options, 'an object')
  const isNamed = options.key !== undefined || options.cert !== undefined
  const resolved = resolve(where, options, clientShapes, isNamed)
  // Whoever answers would do, of whatever authority.
  if (resolved.ca !== undefined && resolved.rejectUnauthorized === false)
    refuse(`${where}.rejectUnauthorized`, 'true, or left out, where ca is given', false)
  return resolved
}

/** The option `tls` of a client: true or false, or how it speaks TLS. True is that with all defaults. */
export function clientTlsOption(): OptionShape<false | ClientTls | undefined> {
  return {
    standard: undefined,
    expected: 'true, false or an object',
    read(value, { owner, path }, option) {
      if (typeof value === 'boolean') return value && {}
      return resolveClientTls(`${owner}.${path}${option}`, value as ClientTlsOptions)
    },
  }
}

function checkObject(where: string, options: object, expected: string): void {
  if (typeof options !== 'object' || options === null || Buffer.isBuffer(options))
    refuse(where, expected, typeof options)
}

function resolve<Options extends ClientTlsOptions>(
  where: string,
  options: Options,
  shapes: Shapes<Options>,
  isNamed: boolean,
): Resolved<Options> {
  for (const option of Object.keys(options))
    if (!(option in shapes)) refuse(`${where}.${option}`, 'left out, as there is no such option', 'something')
  for (const [option, [expected, fits]] of Object.entries<Shape>(shapes)) {
    const value = options[option as keyof Options]
    const isNeeded = isNamed && (option === 'key' || option === 'cert')
    if ((isNeeded || value !== undefined) && !fits(value))
      refuse(`${where}.${option}`, expected, typeof value)
  }
  const { ca, ...others } = options
  const authorities = ca === undefined ? [] : [ca].flat()
  tryOut(options, authorities)
  const given = Object.entries(others).filter(([, value]) => value !== undefined)
  if (authorities.length > 0) given.push(['ca', authorities])
  return Object.fromEntries(given) as Resolved<Options>
}

function tryOut(
  { key, cert, passphrase }: ClientTlsOptions,
  authorities: readonly (string | Buffer)[],
): void {
  // Most programs never need them: they are loaded for those that do.
  const { createSecureContext } = process.getBuiltinModule('node:tls')
  const { createPrivateKey, X509Certificate } = process.getBuiltinModule('node:crypto')
  for (const authority of authorities) attempt('ca', () => new X509Certificate(authority))
  if (key === undefined || cert === undefined) return
  attempt('key', () => createSecureContext({ key, passphrase }))
  attempt('cert', () => createSecureContext({ cert }))
  attempt('key and cert', () => {
    createSecureContext({ key, cert, passphrase })
    // OpenSSL finds out only with the first handshake when the key is of another kind.
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey({ key, passphrase })))
      throw new Error('the certificate is for a key of another kind')
  })
}

function attempt(part: string, use: () => unknown): void {
  try {
    use()
  } catch (error) {
    const reason = (error as { readonly reason?: string }).reason ?? reasonOf(error)
    throw new TomodachiError('TLS_INVALID', { part, reason }, { cause: error })
  }
}

function refuse(option: string, expected: string, actual: unknown): never {
  throw new TomodachiError('OPTION_INVALID', { option, expected, actual })
}
