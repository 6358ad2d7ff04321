import { type ClientTlsOptions, resolveClientTls } from '../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../kernel/index.ts'
import { checkNumber, checkTexts, refuse } from './checks.ts'
import type { AmqpOptions } from './options.ts'

/** One broker that may be connected to. */
export interface Host {
  readonly hostname: string
  readonly port: number
}

/** The options that say where the broker is. */
export type Address = {
  readonly [Part in 'host' | 'port' | 'login' | 'password' | 'virtualhost' | 'ssl']?:
    | AmqpOptions[Part]
    | undefined
}

/** Where to connect to, and as whom. */
export interface ResolvedAddress {
  readonly hosts: readonly Host[]
  readonly login: string
  readonly password: string
  readonly virtualhost: string
  /** Options of TLS; undefined without it. */
  readonly tls: ClientTlsOptions | undefined
}

/** Checks the parts, or takes a URL apart. Throws `OPTION_INVALID`, `OPTIONS_CONFLICT` and `TLS_INVALID`. */
export function resolveAddress(url: string | undefined, given: Address): ResolvedAddress {
  const address = url === undefined ? given : partsOf(url, given)
  const { host = '127.0.0.1', ssl = false } = address
  const { login = 'guest', password = 'guest', virtualhost = '/' } = address
  const { port = ssl === false ? 5_672 : 5_671 } = address
  checkNumber('port', port, 1, 65_535)
  checkTexts({ login, virtualhost })
  if (typeof password !== 'string') refuse('password', 'a string', 'something else')
  const hosts = (typeof host === 'string' ? [host] : host).map((text) => hostOf(text, port))
  if (hosts.length === 0) refuse('host', 'at least one host', host)
  return { hosts, login, password, virtualhost, tls: tlsOf(ssl) }
}

function tlsOf(ssl: boolean | ClientTlsOptions): ClientTlsOptions | undefined {
  if (typeof ssl === 'boolean') return ssl ? {} : undefined
  if (typeof ssl !== 'object') refuse('ssl', 'true, false or options of TLS', typeof ssl)
  return resolveClientTls('amqp.ssl', ssl)
}

/** The parts that a URL stands for. */
function partsOf(url: string, given: Address): Address {
  for (const [option, value] of Object.entries(given)) {
    if (value !== undefined && option !== 'ssl')
      throw new TomodachiError('OPTIONS_CONFLICT', { one: 'amqp.url', other: `amqp.${option}` })
  }
  // The URL itself must not be shown: it may hold a password.
  const expected = 'a URL such as amqps://login:password@host:5671/vhost'
  if (!URL.canParse(url)) refuse('url', expected, 'something else')
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(url)
  if (!/^amqps?:$/.test(protocol) || hostname === '' || search !== '' || hash !== '')
    refuse('url', expected, 'something else')
  if (protocol === 'amqps:' && given.ssl === false)
    throw new TomodachiError('OPTIONS_CONFLICT', { one: 'an amqp.url with amqps:', other: 'amqp.ssl: false' })
  const text = (part: string) => (part === '' ? undefined : decodeURIComponent(part))
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? undefined : Number(port),
    login: text(username),
    password: text(password),
    virtualhost: text(pathname.slice(1)),
    ssl: protocol === 'amqps:' ? (given.ssl ?? true) : given.ssl,
  }
}

function hostOf(text: string, port: number): Host {
  // More than one colon makes an IPv6 address, of which only one in brackets has a port.
  const [, bracketed, plain = bracketed, own] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? []
  const hostname = plain ?? (text.includes(':') ? text : undefined)
  if (typeof text !== 'string' || hostname === undefined || /[\s/@]/.test(hostname))
    refuse('host', 'the name or address of a host, and its port where it has one of its own', text)
  if (own !== undefined) checkNumber('host', Number(own), 1, 65_535)
  return { hostname: hostname as string, port: own === undefined ? port : Number(own) }
}
