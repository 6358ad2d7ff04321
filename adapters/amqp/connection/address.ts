import {
  type OptionShape,
  optionShape,
  type Resolved,
  refuseBeside,
  resolveClientTls,
  resolveServer,
  type ServerAddress,
  secret,
  type serverOptionShapes,
} from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'
import { type Tuning, takeQuery } from './url-query.ts'

/** One broker that may be connected to. */
export interface Host {
  readonly hostname: string
  /** Undefined for the port that all hosts share. */
  readonly port: number | undefined
}

/** The options that say where the broker is, and how to connect to it, after they were checked. */
interface AddressOptions
  extends Omit<Resolved<typeof serverOptionShapes>, 'host' | 'username' | 'url'>,
    OptionalTuning {
  readonly url: readonly string[] | undefined
  readonly host: readonly Host[] | undefined
  readonly login: string | undefined
  readonly virtualhost: string | undefined
}

type OptionalTuning = { readonly [Option in keyof Tuning]: Tuning[Option] | undefined }
export type AddressOption = keyof AddressOptions

/** Where to connect to, with which login, and how. */
export interface Endpoint extends Pick<ServerAddress, 'tls'>, Tuning {
  readonly hostname: string
  readonly port: number
  readonly login: string
  readonly password: string
  readonly virtualhost: string
}

/** They are tried in turn. */
export interface ResolvedAddress {
  readonly endpoints: readonly Endpoint[]
}

/** The option `host`: one host, or a list. */
export function hostsOption(): OptionShape<readonly Host[] | undefined> {
  const expected = 'the name or address of a host, such as "rabbit-2" or "rabbit-2:5673", or a list of hosts'
  return optionShape<readonly Host[] | undefined>(undefined, expected, (value) => {
    const hosts = [value].flat().map(hostIn)
    return hosts.length > 0 && hosts.every((host) => host !== undefined) ? hosts : undefined
  })
}

/** The option `url`: one, or a list. */
export function urlOption(): OptionShape<readonly string[] | undefined> {
  const expected = 'a URL such as amqps://username:password@host, or a list of URLs'
  return secret(
    optionShape<readonly string[] | undefined>(undefined, expected, (value) => {
      const urls = [value].flat()
      return urls.length > 0 && urls.every((url) => typeof url === 'string') ? urls : undefined
    }),
  )
}

/** Puts the parts together, or takes URLs apart. Throws `OPTION_INVALID`, `OPTIONS_CONFLICT` and `TLS_INVALID`. */
export function resolveAddress({ url: urls, ...parts }: AddressOptions): ResolvedAddress {
  const { host: hosts, port, login, password, virtualhost, tls, ...tuning } = parts
  if (urls !== undefined) {
    refuseBeside('amqp', 'url', { host: hosts, port, login, password, virtualhost })
    return { endpoints: urls.map((url) => endpointOf(url, tls, tuning)) }
  }
  const server = resolveServer('amqp', { ...noServer, port, username: login, password, tls }, ports)
  const names = hosts ?? [{ hostname: server.host, port: undefined }]
  return {
    endpoints: names.map(({ hostname, port: own = server.port }) => ({
      ...completed({ ...server, path: virtualhost ?? '/' }, tuning),
      hostname,
      port: own,
    })),
  }
}

const noServer = {
  url: undefined,
  host: undefined,
  port: undefined,
  username: undefined,
  password: undefined,
}
const ports = { protocol: 'amqp', port: 5_672, securePort: 5_671 }

function endpointOf(whole: string, given: AddressOptions['tls'], options: OptionalTuning): Endpoint {
  const { url, tuning, tls: queried } = takeQuery(whole)
  for (const [option, value] of Object.entries(options))
    if (option in tuning && value !== undefined) conflict('the query of amqp.url', `amqp.${option}`)
  const hasTls = Object.keys(queried).length > 0
  if (hasTls && given !== undefined) conflict('the query of amqp.url', 'amqp.tls')
  if (hasTls && !url.startsWith('amqps:')) conflict('amqp.url with amqp:', 'parameters for TLS in its query')
  const tls = hasTls ? resolveClientTls('amqp.url', queried) : given
  return completed(resolveServer('amqp', { ...noServer, url, tls }, ports), { ...options, ...tuning })
}

/** The endpoint of this server, with every default filled in. */
function completed(server: ServerAddress, tuning: Partial<OptionalTuning>): Endpoint {
  const { host: hostname, port, username, password, tls, path } = server
  const { heartbeat = 60_000, connectionTimeout = 10_000, channelMax = 0, authMechanism = 'PLAIN' } = tuning
  if (authMechanism === 'EXTERNAL') {
    const external = 'amqp.authMechanism "EXTERNAL"'
    if (tls?.cert === undefined)
      throw new TomodachiError('OPTION_INVALID', { option: 'amqp.tls.cert', requiredBy: external })
    if (username !== undefined || password !== undefined) conflict(external, 'a login or password')
  }
  return {
    hostname,
    port,
    login: username ?? 'guest',
    password: password ?? 'guest',
    virtualhost: path || '/',
    tls,
    heartbeat,
    connectionTimeout,
    channelMax,
    authMechanism,
  }
}

function conflict(one: string, other: string): never {
  throw new TomodachiError('OPTIONS_CONFLICT', { one, other })
}

/** The host in a text; undefined if the text is not a host. */
function hostIn(text: unknown): Host | undefined {
  if (typeof text !== 'string') return undefined
  // More than one colon means an IPv6 address; it can have a port only when it is in brackets.
  const [, bracketed, plain = bracketed, own] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? []
  const hostname = plain ?? (text.includes(':') ? text : undefined)
  const port = own === undefined ? undefined : Number(own)
  if (hostname === undefined || /[\s/@]/.test(hostname)) return undefined
  return port === undefined || (port >= 1 && port <= 65_535) ? { hostname, port } : undefined
}
