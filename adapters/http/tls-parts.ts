import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { reasonOf, TomodachiError } from '../../kernel/index.ts'

/** What either side of a TLS connection takes. Keys and certificates are PEM, as text or as the bytes of a file, not its path. */
export interface TlsParts {
  /** The private key. */
  readonly key?: string | Buffer
  /** The certificate of that key, and behind it those that lead to a known authority. */
  readonly cert?: string | Buffer
  /** The password of the key, where it has one. */
  readonly passphrase?: string
  /** Authorities that the other side's certificate may come from. Default: those that node knows. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[]
  /** The oldest version that is spoken. Default `TLSv1.2`. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
}

/** How the value of an option looks, in words and as a test. */
export type Shape = readonly [expected: string, fits: (value: unknown) => boolean]

const isPem = (value: unknown) => typeof value === 'string' || Buffer.isBuffer(value)
const pem: Shape = ['PEM, as text or bytes', isPem]

export const flag: Shape = ['true or false', (value) => typeof value === 'boolean']
export const text: Shape = ['a string', (value) => typeof value === 'string']
export const partShapes: Readonly<Record<keyof TlsParts, Shape>> = {
  key: pem,
  cert: pem,
  passphrase: text,
  ca: ['PEM, as text or bytes, or a list of that', (value) => [value].flat().every(isPem)],
  minVersion: ['TLSv1.2 or TLSv1.3', (value) => value === 'TLSv1.2' || value === 'TLSv1.3'],
}

/**
 * Checks options of this shape, and returns them in an object of our own: without those that are undefined, and with
 * authorities as a list. Throws `OPTION_INVALID`, and `TLS_INVALID` when a key or a certificate cannot be read, or do not
 * belong together. No error shows a value: it might be the key.
 *
 * @param where what the options belong to, as errors name it: `http.tls`
 * @param needs options that have to be given: key and certificate, or none
 */
export function resolveParts<Options extends TlsParts>(
  where: string,
  options: Options,
  shapes: Readonly<Record<keyof Options & string, Shape>>,
  needs: readonly (keyof Options)[],
): Omit<Options, 'ca'> & { readonly ca?: (string | Buffer)[] } {
  if (typeof options !== 'object' || options === null)
    refuse(where, needs.length > 0 ? 'an object with a key and a certificate' : 'an object', options)
  for (const option of Object.keys(options))
    if (!(option in shapes)) refuse(`${where}.${option}`, 'left out, as there is no such option', option)
  for (const [option, [expected, fits]] of Object.entries<Shape>(shapes)) {
    const value = options[option as keyof Options]
    const isLeftOut = value === undefined && !needs.includes(option as keyof Options)
    if (!isLeftOut && !fits(value)) refuse(`${where}.${option}`, expected, value)
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const authorities = options.ca === undefined ? [] : [options.ca].flat()
  tryOut(options, authorities)
  const { ca: _, ...others } = given as Options
  // An empty list would be no authority at all.
  return { ...others, ...(authorities.length > 0 && { ca: authorities }) }
}

function tryOut({ key, cert, passphrase }: TlsParts, authorities: readonly (string | Buffer)[]): void {
  if (key !== undefined) attempt('key', () => createSecureContext({ key, passphrase }))
  if (cert !== undefined) attempt('cert', () => createSecureContext({ cert }))
  for (const authority of authorities) attempt('ca', () => new X509Certificate(authority))
  if (key !== undefined || cert !== undefined)
    attempt('key and cert', () => createSecureContext({ key, cert, passphrase }))
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
  throw new TomodachiError('OPTION_INVALID', { option, expected, actual: typeof actual })
}
