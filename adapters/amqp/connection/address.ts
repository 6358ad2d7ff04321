import {
  type OptionShape,
  optionShape,
  type Resolved,
  refuseBeside,
  resolveServer,
  type ServerAddress,
  type serverOptionShapes,
} from '../../../kernel/adapter-kit.ts'

/** One broker that may be connected to. */
export interface Host {
  readonly hostname: string
  /** Undefined for the port that all hosts share. */
  readonly port: number | undefined
}

/** The options that say where the broker is, after they were checked. */
interface AddressOptions extends Omit<Resolved<typeof serverOptionShapes>, 'host' | 'username'> {
  readonly host: readonly Host[] | undefined
  readonly login: string | undefined
  readonly virtualhost: string | undefined
}

export type AddressOption = keyof AddressOptions

/** Where to connect to, and with which login. */
export interface ResolvedAddress extends Pick<ServerAddress, 'tls'> {
  readonly hosts: readonly { readonly hostname: string; readonly port: number }[]
  readonly login: string
  readonly password: string
  readonly virtualhost: string
}

/** The option `host`: one host, or a list. */
export function hostsOption(): OptionShape<readonly Host[] | undefined> {
  const expected = 'the name or address of a host, such as "rabbit-2" or "rabbit-2:5673", or a list of hosts'
  return optionShape<readonly Host[] | undefined>(undefined, expected, (value) => {
    const hosts = [value].flat().map(hostIn)
    return hosts.length > 0 && hosts.every((host) => host !== undefined) ? hosts : undefined
  })
}

/** Puts the parts together, or takes a URL apart. Throws `OPTION_INVALID` and `OPTIONS_CONFLICT`. */
export function resolveAddress({ host, login, virtualhost, ...others }: AddressOptions): ResolvedAddress {
  if (others.url !== undefined) refuseBeside('amqp', 'url', { host, login, virtualhost })
  const ports = { protocol: 'amqp', port: 5_672, securePort: 5_671 }
  const server = resolveServer('amqp', { ...others, host: undefined, username: login }, ports)
  const { username = 'guest', password = 'guest', tls, path } = server
  const hosts = host ?? [{ hostname: server.host, port: undefined }]
  return {
    hosts: hosts.map(({ hostname, port = server.port }) => ({ hostname, port })),
    login: username,
    password,
    virtualhost: virtualhost ?? (path || '/'),
    tls,
  }
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
