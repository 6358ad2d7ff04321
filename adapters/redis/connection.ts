import { inTime, isA, loadPackage, outside, reasonOf, type ServerAddress } from '../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../kernel/index.ts'
import type { ResolvedOptions } from './options.ts'
import type { Script } from './scripts.ts'

/** One connection to the server. It does not reconnect by itself. */
export type Connection = Awaited<ReturnType<typeof connect>>

/** How often the server is asked whether it is there, in milliseconds. */
const pulse = 5_000
/** A server that leaves so many questions in a row unanswered counts as gone. */
const mostUnanswered = 2
/** How long connecting may take, and each step after it until messages can come, in milliseconds. */
const patience = 10_000
const silent = () => new Error(`the server has not answered for ${patience} ms`)

/** Settles as a step does, or rejects when the server has been silent for too long. */
export const answered = <T>(step: Promise<T>): Promise<T> => inTime(step, patience, silent)

/**
 * Connects. `lost` is called once when the connection ends, but not after `close`. A server that has become a replica
 * counts as lost. Rejects with `PACKAGE_MISSING` and `BROKER_…`.
 */
export async function connect(
  { server, database }: ResolvedOptions,
  signal: AbortSignal,
  lost: (error: unknown) => void = () => {},
) {
  const { RedisClient, RESP_TYPES } = await loadPackage('redis', 'redis', () => import('redis'))
  const { host, port, tls, username, password } = server
  const socket = { host, port, tls: tls !== undefined, ...tls, reconnectStrategy: false }
  const commandOptions = { timeout: undefined, typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } }
  // `createClient` would add a method for each command of the server, which costs some 30 times as much.
  const client = new RedisClient({ username, password, database, socket, commandOptions, RESP: 2 } as object)
  let [unanswered, isClosed] = [0, false]
  let reason: unknown
  /** Sends a command. Rejects with the server's error, and when the connection ends. */
  const call = (...words: (string | Buffer)[]): Promise<unknown> => client.sendCommand(words)
  /** Runs a script, and loads it first if the server does not know it. */
  const run = (
    { sha, text }: Script,
    keys: readonly string[],
    ...words: (string | Buffer)[]
  ): Promise<unknown> =>
    call('EVALSHA', sha, `${keys.length}`, ...keys, ...words).catch((error: unknown) => {
      const said = reasonOf(error)
      if (said.startsWith('NOSCRIPT')) return call('EVAL', text, `${keys.length}`, ...keys, ...words)
      if (isReadOnly(said)) end(error)
      throw reason ?? error
    })
  const beating = outside(() => setInterval(beat, pulse))
  function end(error: unknown): void {
    if (!isClosed) {
      reason = error
      lost(error)
    }
    close()
  }
  function beat(): void {
    if (++unanswered > mostUnanswered) return end(silent())
    call('PING').then(
      () => (unanswered = 0),
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
    await answered(outside(() => client.connect()))
    return { call, run, close, end }
  } catch (error) {
    close()
    throw refusal(reason ?? error, server)
  } finally {
    signal.removeEventListener('abort', close)
  }
}

/** Whether the server is a replica: behind the same address there may be a primary by now. */
export const isReadOnly = (reason: string): boolean => reason.startsWith('READONLY')

/** The error that a failure to connect, or to make a queue, stands for. */
export function refusal(error: unknown, { host, port }: ServerAddress): unknown {
  const [reason, broker] = [reasonOf(error), `${host}:${port}`]
  if (isA(error, TomodachiError)) return error
  const isLogin = /^(WRONGPASS|NOAUTH|ERR AUTH)/.test(reason)
  const isRefused = /^(ERR|WRONGTYPE|NOPERM|MOVED|CROSSSLOT)/.test(reason)
  const code = isLogin ? 'BROKER_LOGIN_REFUSED' : isRefused ? 'BROKER_REFUSED' : 'BROKER_UNREACHABLE'
  return new TomodachiError(code, { broker, reason }, { cause: error })
}
