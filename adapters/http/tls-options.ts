import { X509Certificate } from 'node:crypto'
import { createSecureContext, type TlsOptions as NodeTlsOptions } from 'node:tls'
import { reasonOf, TomodachiError } from '../../kernel/index.ts'
import { refuse } from './refuse.ts'

/** What HTTPS takes. Keys and certificates are PEM, as text or as the bytes of a file, not its path. */
export interface TlsOptions {
  /** The private key. */
  readonly key: string | Buffer
  /** The certificate of that key, and behind it those that lead to a known authority. */
  readonly cert: string | Buffer
  /** The password of the key, where it has one. */
  readonly passphrase?: string
  /** Authorities that clients' certificates may come from. Default: those that node knows. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[]
  /** Whether clients are asked for a certificate. Default false. */
  readonly requestCert?: boolean
  /** Whether clients without a certificate that holds are turned away, once they are asked for one. Default true. */
  readonly rejectUnauthorized?: boolean
  /** The oldest version that is spoken. Default `TLSv1.2`. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
}

type Shape = readonly [expected: string, fits: (value: unknown) => boolean]

const isPem = (value: unknown) => typeof value === 'string' || Buffer.isBuffer(value)
const pem: Shape = ['PEM, as text or bytes', isPem]
const flag: Shape = ['true or false', (value) => typeof value === 'boolean']

const shapes: Readonly<Record<keyof TlsOptions, Shape>> = {
  key: pem,
  cert: pem,
  passphrase: ['a string', (value) => typeof value === 'string'],
  ca: ['PEM, as text or bytes, or a list of that', (value) => [value].flat().every(isPem)],
  requestCert: flag,
  rejectUnauthorized: flag,
  minVersion: ['TLSv1.2 or TLSv1.3', (value) => value === 'TLSv1.2' || value === 'TLSv1.3'],
}

/**
 * The options, in an object of our own. Throws `OPTION_INVALID`, and `TLS_INVALID` when the key or a certificate cannot be
 * read, or do not belong together. No error shows a value: it might be the key.
 */
export function resolveTls(options: TlsOptions): NodeTlsOptions {
  if (typeof options !== 'object' || options === null)
    refuse('tls', 'an object with a key and a certificate', typeof options)
  for (const option of Object.keys(options))
    if (!(option in shapes)) refuse(`tls.${option}`, 'left out, as there is no such option', 'something')
  for (const [option, [expected, fits]] of Object.entries(shapes)) {
    const value = options[option as keyof TlsOptions]
    const isLeftOut = value === undefined && option !== 'key' && option !== 'cert'
    if (!isLeftOut && !fits(value)) refuse(`tls.${option}`, expected, typeof value)
  }
  const { key, cert, passphrase, ca, ...others } = options
  const authorities = ca === undefined ? [] : [ca].flat()
  attempt('key', () => createSecureContext({ key, passphrase }))
  attempt('cert', () => createSecureContext({ cert }))
  for (const authority of authorities) attempt('ca', () => new X509Certificate(authority))
  attempt('key and cert', () => createSecureContext({ key, cert, passphrase }))
  // An empty list would be no authority at all.
  return { key, cert, passphrase, ...(authorities.length > 0 && { ca: authorities }), ...others }
}

function attempt(part: string, use: () => unknown): void {
  try {
    use()
  } catch (error) {
    const reason = (error as { readonly reason?: string }).reason ?? reasonOf(error)
    throw new TomodachiError('TLS_INVALID', { part, reason }, { cause: error })
  }
}
