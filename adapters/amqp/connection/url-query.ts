import { readFileSync } from 'node:fs'
import type { ClientTlsOptions } from '../../../kernel/adapter-kit.ts'
import { reasonOf } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'

/** SASL mechanisms of RabbitMQ that are known here. */
export const mechanisms = ['PLAIN', 'EXTERNAL'] as const
export type AuthMechanism = (typeof mechanisms)[number]

/** How a connection is agreed on. Durations are in milliseconds. */
export interface Tuning {
  readonly heartbeat: number
  readonly connectionTimeout: number
  /** 0 for as many as the broker allows. */
  readonly channelMax: number
  readonly authMechanism: AuthMechanism
}

/** What a query says. */
export interface UrlQuery {
  readonly tuning: Partial<Tuning>
  readonly tls: ClientTlsOptions
}

/** Returns undefined for a value that does not fit. */
type Read = (value: string) => { tuning?: Partial<Tuning>; tls?: ClientTlsOptions } | undefined

const integer = (value: string, most: number) =>
  /^\d{1,10}$/.test(value) && Number(value) <= most ? Number(value) : undefined

/** The parameters of a URL, as RabbitMQ's documentation of its URIs names them, and what each has to be. */
const parameters: Readonly<Record<string, readonly [expected: string, read: Read]>> = {
  heartbeat: [
    'a number of whole seconds up to 64800',
    (value) => {
      const seconds = integer(value, 64_800)
      return seconds === undefined ? undefined : { tuning: { heartbeat: seconds * 1_000 } }
    },
  ],
  connection_timeout: [
    'a number of whole milliseconds from 1 on',
    (value) => {
      const connectionTimeout = integer(value, 2 ** 31 - 1)
      return connectionTimeout ? { tuning: { connectionTimeout } } : undefined
    },
  ],
  channel_max: [
    'an integer up to 65535',
    (value) => {
      const channelMax = integer(value, 65_535)
      return channelMax === undefined ? undefined : { tuning: { channelMax } }
    },
  ],
  auth_mechanism: [
    'plain or external',
    (value) => {
      const authMechanism = mechanisms.find((name) => name === value.toUpperCase())
      return authMechanism && { tuning: { authMechanism } }
    },
  ],
  cacertfile: ['the path of a file that can be read', (path) => ({ tls: { ca: readFileSync(path) } })],
  certfile: ['the path of a file that can be read', (path) => ({ tls: { cert: readFileSync(path) } })],
  keyfile: ['the path of a file that can be read', (path) => ({ tls: { key: readFileSync(path) } })],
  verify: [
    'verify_peer or verify_none',
    (value) =>
      /^verify_(peer|none)$/.test(value)
        ? { tls: value === 'verify_none' ? { rejectUnauthorized: false } : {} }
        : undefined,
  ],
  server_name_indication: ['a name', (servername) => (servername ? { tls: { servername } } : undefined)],
}

/**
 * Takes the query off a URL, and says what is in it. Throws `OPTION_INVALID`, which shows no value. The URL may be
 * anything that was given; what is wrong with the rest of it is left to others.
 */
export function takeQuery(url: string): { readonly url: string } & UrlQuery {
  const [address = '', query = ''] = url.split(/\?(.*)/s)
  const found: { tuning: Partial<Tuning>; tls: ClientTlsOptions } = { tuning: {}, tls: {} }
  const seen = new Set<string>()
  for (const [name, value] of new URLSearchParams(query)) {
    const [expected, read] = (Object.hasOwn(parameters, name) ? parameters[name] : undefined) ?? unknown(name)
    if (seen.has(name)) refuse(`a URL whose query has ${name} only once`)
    seen.add(name)
    const { tuning, tls } = readParameter(name, value, expected, read)
    Object.assign(found.tuning, tuning)
    Object.assign(found.tls, tls)
  }
  return { url: address, ...found }
}

function readParameter(name: string, value: string, expected: string, read: Read) {
  let reason = ''
  try {
    const result = read(value)
    if (result) return result
  } catch (error) {
    reason = ` (${reasonOf(error)})`
  }
  return refuse(`a URL whose query has ${expected} as ${name}${reason}`)
}

function unknown(name: string): never {
  const known = Object.keys(parameters).join(', ')
  return refuse(`a URL without "${name.slice(0, 50)}" in its query, which may have ${known}`)
}

function refuse(expected: string): never {
  throw new TomodachiError('OPTION_INVALID', { option: 'amqp.url', expected, hidden: true })
}
