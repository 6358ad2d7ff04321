import type { TlsOptions as NodeTlsOptions } from 'node:tls'
import { flag, partShapes, resolveParts, type Shape, type TlsParts } from './tls-parts.ts'

/** What HTTPS takes. Keys and certificates are PEM, as text or as the bytes of a file, not its path. */
export interface TlsOptions extends TlsParts {
  /** The private key. */
  readonly key: string | Buffer
  /** The certificate of that key, and behind it those that lead to a known authority. */
  readonly cert: string | Buffer
  /** Authorities that clients' certificates may come from. Default: those that node knows. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[]
  /** Whether clients are asked for a certificate. Default false. */
  readonly requestCert?: boolean
  /** Whether clients without a certificate that holds are turned away, once they are asked for one. Default true. */
  readonly rejectUnauthorized?: boolean
}

const shapes: Readonly<Record<keyof TlsOptions, Shape>> = {
  ...partShapes,
  requestCert: flag,
  rejectUnauthorized: flag,
}

/**
 * The options, in an object of our own. Throws `OPTION_INVALID`, and `TLS_INVALID` when the key or a certificate cannot be
 * read, or do not belong together. No error shows a value: it might be the key.
 */
export function resolveTls(options: TlsOptions): NodeTlsOptions {
  return resolveParts('http.tls', options, shapes, ['key', 'cert'])
}
