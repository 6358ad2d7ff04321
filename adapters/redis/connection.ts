import { isA, loadPackage, outside, reasonOf, type ServerAddress } from '../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../kernel/index.ts'
import type { ResolvedOptions } from './options.ts'
import type { Script } from './scripts.ts'

/** One connection to the server. It does not come back by itself. */
export type Connection = Awaited<ReturnType<typeof connect>>

/** A server that leaves a question unanswered for as long as this is gone, in milliseconds. */
const pulse = 10_000

/** `lost` is told once when the connection ends, unless that is a `close`. Rejects with `PACKAGE_MISSING` and `BROKER_…`. */
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
  /** Asks something. Rejects with what the server says, and when the connection ends. */
  const call = (...words: (string | Buffer)[]): Promise<unknown> => client.sendCommand(words)
  /** Runs a script, whether the server knows it or not. */
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

/** What a failure to connect means, or to make a queue. */
export function refusal(error: unknown, { host, port }: ServerAddress): unknown {
  const [reason, broker] = [reasonOf(error), `${host}:${port}`]
  if (isA(error, TomodachiError)) return error
  const isLogin = /^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH)/.test(reason)
  const isRefused = /^(ERR|WRONGTYPE)/.test(reason)
  const code = isLogin ? 'BROKER_LOGIN_REFUSED' : isRefused ? 'BROKER_REFUSED' : 'BROKER_UNREACHABLE'
  return new TomodachiError(code, { broker, reason }, { cause: error })
}
