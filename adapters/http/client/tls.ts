import { TomodachiError } from '../../../kernel/index.ts'
import { flag, partShapes, resolveParts, type Shape, type TlsParts, text } from '../tls-parts.ts'

/** How a client speaks TLS. Keys and certificates are PEM, as text or as the bytes of a file, not its path. */
export interface ClientTlsOptions extends TlsParts {
  /** The private key, for a server that asks who calls; with `cert`. */
  readonly key?: string | Buffer
  /** Authorities that the server's certificate may come from. Default: those that node knows. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[]
  /** Name that the server's certificate has to bear, and that the server is told (RFC 6066, 3). Default: the host. */
  readonly servername?: string
  /** Whether a server without a certificate that holds is refused. Default true. */
  readonly rejectUnauthorized?: boolean
}

/** What the connections of a client are given. */
export type ResolvedClientTls = ReturnType<typeof resolveClientTls>

const shapes: Readonly<Record<keyof ClientTlsOptions, Shape>> = {
  ...partShapes,
  servername: text,
  rejectUnauthorized: flag,
}

/**
 * The options, checked. Throws `OPTION_INVALID`, also for an origin that is not `https:` and for a key or a certificate
 * alone, and `TLS_INVALID` for what cannot be used. No error shows a value: it might be the key.
 */
export function resolveClientTls(url: string, options: ClientTlsOptions) {
  if (!url.startsWith('https:')) {
    const expected = `left out for ${url}, or the origin begin with https:`
    throw new TomodachiError('OPTION_INVALID', { option: 'client.tls', expected, actual: 'given' })
  }
  const isNamed = options?.key !== undefined || options?.cert !== undefined
  return resolveParts('client.tls', options, shapes, isNamed ? ['key', 'cert'] : [])
}
