import { isA, loadPackage, outside, reasonOf, type ServerAddress } from '../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../kernel/index.ts'
import type { ResolvedOptions } from './options.ts'
import type { Script } from './scripts.ts'

/** One connection to the server. It does not reconnect by itself. */
export type Connection = Awaited<ReturnType<typeof connect>>

/** A server that leaves a question unanswered for this long counts as gone, in milliseconds. */
const pulse = 10_000

/**
 * Connects. `lost` is called once when the connection ends, but not after `close`. Rejects with `PACKAGE_MISSING` and
 * `BROKER_…`.
 */
export async function connect(
  { server, database }: ResolvedOptions,
  signal: AbortSignal,
  lost: (error: unknown) => void = () => {},
) {
  const { createClient, RESP_TYPES } = await loadPackage('redis', 'redis', () => import('redis'))
  const { host, port, tls, username, password } = server
  const socket = { host, port, tls: tls !== undefined, ...tls, reconnectStrategy: false }
  const commandOptions = { timeout: undefined, typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } }
  const client = createClient({ username, password, database, socket, commandOptions, RESP: 2 } as object)
  let [isAlive, isClosed] = [false, false]
  /** Sends a command. Rejects with the server's error, and when the connection ends. */
  const call = (...words: (string | Buffer)[]): Promise<unknown> => client.sendCommand(words)
  /** Runs a script, and loads it first if the server does not know it. */
  const run = (
    { sha, text }: Script,
    keys: readonly string[],
    ...words: (string | Buffer)[]
  ): Promise<unknown> =>
    call('EVALSHA', sha, `${keys.length}`, ...keys, ...words).catch((error: unknown) => {
      if (!reasonOf(error).startsWith('NOSCRIPT')) throw error
      return call('EVAL', text, `${keys.length}`, ...keys, ...words)
    })
  const beating = outside(() => setInterval(beat, pulse))
  const end = (error: unknown) => {
    if (!isClosed) lost(error)
    close()
  }
  function beat(): void {
    if (!isAlive) return end(new Error(`the server has not answered for ${pulse} ms`))
    isAlive = false
    call('PING').then(
      () => (isAlive = true),
      () => {},
    )
  }
  function close(): void {
    isClosed = true
    clearInterval(beating)
    client.destroy()
  }
  client.on('error', end)
  signal.addEventListener('abort', close)
  try {
    await outside(() => client.connect())
    isAlive = true
    return { call, run, close }
  } catch (error) {
    close()
    throw refusal(error, server)
  } finally {
    signal.removeEventListener('abort', close)
  }
}

/** The error that a failure to connect, or to make a queue, stands for. */
export function refusal(error: unknown, { host, port }: ServerAddress): unknown {
  const [reason, broker] = [reasonOf(error), `${host}:${port}`]
  if (isA(error, TomodachiError)) return error
  const isLogin = /^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH)/.test(reason)
  const isRefused = /^(ERR|WRONGTYPE)/.test(reason)
  const code = isLogin ? 'BROKER_LOGIN_REFUSED' : isRefused ? 'BROKER_REFUSED' : 'BROKER_UNREACHABLE'
  return new TomodachiError(code, { broker, reason }, { cause: error })
}
