import { TomodachiError } from '../../kernel/index.ts'

/** Options of an HTTP server; each default in its line. */
export interface HttpOptions {
  /** Names the adapter in addresses, logs and `getContext()`. Default `http`. */
  readonly name?: string
  /** Port to listen on, 0 for any free one. Default 9700. */
  readonly port?: number
  /** Address to listen on. Default `0.0.0.0`. */
  readonly host?: string
  /** Content type of replies that name none. Default `text/plain; charset=utf-8`. */
  readonly contentType?: string
  /** Value of the `Server` header; an empty string leaves the header out. Default `tomodachi`. */
  readonly serverHeader?: string
  /** Largest request body, after decompression: bytes, or text such as `100MB`, `512K`. Default `100MB` (of 1,024² bytes). */
  readonly clientMaxSize?: number | string
  /** Whether each request is logged, by the logger `tomodachi.http.response`. Default true. */
  readonly accessLog?: boolean
  /** Seconds that an idle connection is kept open; 0 closes each after its answer. Default 5. */
  readonly keepaliveTimeout?: number
}

/** The same options, checked, with nothing left open. Sizes in bytes. */
export type ResolvedOptions = {
  readonly [Option in keyof HttpOptions]-?:
    | Exclude<HttpOptions[Option], string | undefined>
    | (HttpOptions[Option] & string)
} & {
  readonly clientMaxSize: number
}

/** Checks the options and fills in the defaults. Throws `OPTION_INVALID`. */
export function resolveOptions(options: HttpOptions): ResolvedOptions {
  const {
    name = 'http',
    port = 9_700,
    host = '0.0.0.0',
    contentType = 'text/plain; charset=utf-8',
    serverHeader = 'tomodachi',
    clientMaxSize = '100MB',
    accessLog = true,
    keepaliveTimeout = 5,
    ...unknown
  } = options
  for (const option of Object.keys(unknown))
    refuse(option, 'left out, as http() has no such option', (unknown as Record<string, unknown>)[option])
  if (!Number.isInteger(port) || port < 0 || port > 65_535) refuse('port', 'an integer from 0 to 65535', port)
  for (const [option, value] of Object.entries({ name, host, contentType, serverHeader })) {
    // A header of these must not be able to end its line.
    if (typeof value !== 'string' || /[\r\n\0]/.test(value)) refuse(option, 'a string of one line', value)
  }
  if (typeof accessLog !== 'boolean') refuse('accessLog', 'true or false', accessLog)
  // node's timers end at 2^31 - 1 milliseconds.
  if (typeof keepaliveTimeout !== 'number' || !(keepaliveTimeout >= 0 && keepaliveTimeout <= 2_147_483))
    refuse('keepaliveTimeout', 'a number of seconds from 0 to 2147483', keepaliveTimeout)
  return {
    name,
    port,
    host,
    contentType,
    serverHeader,
    clientMaxSize: bytesOf(clientMaxSize),
    accessLog,
    keepaliveTimeout,
  }
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  K: 1_024,
  KB: 1_024,
  M: 1_024 ** 2,
  MB: 1_024 ** 2,
  G: 1_024 ** 3,
  GB: 1_024 ** 3,
}

function bytesOf(size: number | string): number {
  const [, number = '', unit = ''] = /^(\d+) ?([KMG]?B?)$/i.exec(String(size)) ?? []
  const bytes = Number(number) * (units[unit.toUpperCase()] as number)
  if (number === '' || !(bytes >= 1))
    refuse('clientMaxSize', 'a number of bytes, or text such as 100MB or 512K', size)
  return bytes
}

function refuse(option: string, expected: string, actual: unknown): never {
  throw new TomodachiError('OPTION_INVALID', { option: `http.${option}`, expected, actual })
}
