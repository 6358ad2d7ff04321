import { type ConnectionOptions, type HttpOptions, http, type TlsOptions } from 'tomodachi/http'

const tls: TlsOptions = { key: 'PEM', cert: Buffer.from('PEM'), ca: ['PEM', Buffer.from('PEM')] }
const limits: ConnectionOptions = { maxKeepaliveRequests: Number.POSITIVE_INFINITY, maxHeaderSize: '16KB' }

http({ ...limits, tls, reusePort: true, port: 9_700 } satisfies HttpOptions)

// @ts-expect-error a key needs its certificate
http({ tls: { key: 'PEM' } })

// @ts-expect-error versions that nobody should speak
http({ tls: { ...tls, minVersion: 'TLSv1' } })

// @ts-expect-error there is no such option
http({ keepAliveTimeout: 5 })
