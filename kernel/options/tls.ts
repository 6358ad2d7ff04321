import { TomodachiError } from '../errors.ts'
import { reasonOf } from '../thrown.ts'
import { type OptionShape, optionShape, required, secret } from './option-shape.ts'
import { choice, flag } from './option-shapes.ts'
import {
  isOptions,
  type Resolved as OptionValues,
  requireTogether,
  resolveOptions,
  type ShapesOf,
} from './resolve-options.ts'

/** What either side of a TLS connection takes. Keys and certificates are PEM, as text or as the bytes of a file, not its path. */
interface TlsOptions {
  /** The password of the key, if it has one. */
  readonly passphrase?: string | undefined
  /** The oldest TLS version that is accepted. Default `TLSv1.2`. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
}

/** How a server speaks TLS. Keys and certificates are PEM, as text or as the bytes of a file, not its path. */
export interface ServerTlsOptions extends TlsOptions {
  /** The private key. */
  readonly key: string | Buffer
  /** The certificate for that key, followed by the chain of intermediate certificates. */
  readonly cert: string | Buffer
  /** Authorities that may have signed client certificates; required together with `requestCert`. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[]
  /** Whether clients are asked for a certificate; required together with `ca`. Default false. */
  readonly requestCert?: boolean
  /** Whether clients without a valid certificate are rejected, if `requestCert` asks for one. Default true. */
  readonly rejectUnauthorized?: boolean
}

/** How a client speaks TLS. Keys and certificates are PEM, as text or as the bytes of a file, not its path. */
export interface ClientTlsOptions extends TlsOptions {
  /** The private key that goes with `cert`, for a server that asks for client certificates. */
  readonly key?: string | Buffer
  /**
   * The certificate for that key, followed by the chain of intermediate certificates up to an authority that the server
   * trusts.
   */
  readonly cert?: string | Buffer
  /** Authorities that may have signed the server's certificate. Default: those that node trusts. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[]
  /**
   * Name that the server's certificate must contain; it is also sent to the server (SNI, RFC 6066, 3). Default: the
   * host.
   */
  readonly servername?: string
  /** Whether a server without a valid certificate is rejected. Default true. */
  readonly rejectUnauthorized?: boolean
}

/** Checked options, in an object that nobody else has; authorities are a list. */
type Resolved<Options> = Omit<Options, 'ca'> & { readonly ca?: (string | Buffer)[] }

export type ClientTls = Resolved<ClientTlsOptions>

type Pem = string | Buffer
const isPem = (value: unknown): value is Pem => typeof value === 'string' || Buffer.isBuffer(value)
const pem = secret(
  optionShape<Pem | undefined>(undefined, 'PEM, as text or bytes', (value) =>
    isPem(value) ? value : undefined,
  ),
)
const text = optionShape<string | undefined>(undefined, 'text', (value) =>
  typeof value === 'string' ? value : undefined,
)
const shared = {
  key: pem,
  cert: pem,
  passphrase: secret(text),
  ca: secret(
    optionShape<Pem[] | undefined>(undefined, 'PEM, as text or bytes, or a list of that', (value) => {
      const list = [value].flat()
      return list.length > 0 && list.every(isPem) ? list : undefined
    }),
  ),
  rejectUnauthorized: flag(undefined),
  minVersion: choice(undefined, ['TLSv1.2', 'TLSv1.3']),
}
const serverShapes = { ...shared, requestCert: flag(undefined) } satisfies ShapesOf<ServerTlsOptions>
const clientShapes = { ...shared, servername: text } satisfies ShapesOf<ClientTlsOptions>

/**
 * Checks how a server is to speak TLS. Throws `OPTION_INVALID`, and `TLS_INVALID` when the key or a certificate cannot be
 * read, or do not belong together. No error shows a key, a certificate or a password.
 *
 * @param where the option that they are, as errors name it: `broker.tls`
 */
export function resolveServerTls(where: string, options: ServerTlsOptions): Resolved<ServerTlsOptions> {
  const { key, cert, ...others } = serverShapes
  const shapes = { key: required(key), cert: required(cert), ...others }
  const resolved = resolve(
    where,
    options,
    shapes,
    'an object with a key and a certificate',
  ) as Resolved<ServerTlsOptions>
  const { ca, requestCert = false, rejectUnauthorized } = resolved
  // Nobody would be asked for a certificate.
  for (const [option, value] of Object.entries({ ca, rejectUnauthorized }))
    if (value !== undefined && !requestCert)
      invalid(`${where}.requestCert`, `true where ${option} is given`, requestCert)
  // The certificate of any public authority would do.
  if (requestCert)
    requireTogether(
      { [`${where}.requestCert`]: true, [`${where}.ca`]: ca },
      `${where}.requestCert`,
      `${where}.ca`,
    )
  return resolved
}

/** The same for a client, whose key and certificate come together or not at all. */
export function resolveClientTls(where: string, options: ClientTlsOptions): Resolved<ClientTlsOptions> {
  const resolved = resolve(
    where,
    options,
    clientShapes,
    'true, false or an object of options',
  ) as Resolved<ClientTlsOptions>
  const { key, cert, ca, rejectUnauthorized } = resolved
  requireTogether({ [`${where}.key`]: key, [`${where}.cert`]: cert }, `${where}.key`, `${where}.cert`)
  // Whoever answers would do, of whatever authority.
  if (ca !== undefined && rejectUnauthorized === false)
    invalid(`${where}.rejectUnauthorized`, 'true, or left out, where ca is given', false)
  return resolved
}

/** The option `tls` of a client: true or false, or how it speaks TLS. True is that with all defaults. */
export function clientTlsOption(): OptionShape<false | ClientTls | undefined> {
  return {
    standard: undefined,
    expected: 'true, false or an object of options',
    isSecret: true,
    read(value, { owner, path }, option) {
      if (typeof value === 'boolean') return value && {}
      return resolveClientTls(`${owner}.${path}${option}`, value as ClientTlsOptions)
    },
  }
}

/** Only the options that are given, since undefined is not always what node takes for left out. */
function resolve(where: string, options: object, shapes: typeof shared, expected: string): ClientTls {
  // What was given may be the key.
  if (!isOptions(options) || Buffer.isBuffer(options))
    throw new TomodachiError('OPTION_INVALID', { option: where, expected, hidden: true })
  const [owner = where, ...path] = where.split('.')
  const resolved = resolveOptions({ owner, path: `${path.join('.')}.` }, options, shapes)
  tryOut(resolved, resolved.ca ?? [])
  return Object.fromEntries(Object.entries(resolved).filter(([, value]) => value !== undefined))
}

function tryOut({ key, cert, passphrase }: OptionValues<typeof shared>, authorities: readonly Pem[]): void {
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

function invalid(option: string, expected: string, actual: unknown): never {
  throw new TomodachiError('OPTION_INVALID', { option, expected, actual })
}
