import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { type InFlight, spawn } from '../../../kernel/index.ts'
import { Deadline } from './deadline.ts'
import { discardContinue } from './interim.ts'
import type { ResolvedClientOptions } from './options.ts'
import { type Answer, type Outgoing, send } from './send.ts'

/** The connections of an open client. */
export interface OpenPool {
  exchange(outgoing: Outgoing): Promise<Answer>
  /** Cuts off what is in flight. Resolves when no connection is left. */
  close(): Promise<void>
}

/** Makes the pool; `calls` counts the answers whose bodies are still being read by their callers. */
export async function openPool(options: ResolvedClientOptions, calls: InFlight): Promise<OpenPool> {
  // Loading it takes longer than all the rest of a start: only those who call shall wait for it.
  const pool = dispatcherOf(await import('undici'), options)
  const deadlines = new Set<Deadline>()

  async function exchange(outgoing: Outgoing): Promise<Answer> {
    const deadline = new Deadline(outgoing.call, outgoing.timeout, outgoing.signal)
    const over = () => {
      deadline.clear()
      deadlines.delete(deadline)
      outgoing.payload.release()
    }
    deadlines.add(deadline)
    try {
      const answer = await send(pool, outgoing, options, deadline)
      const { body } = answer
      if (!(body instanceof Readable)) {
        over()
        return answer
      }
      deadline.stopClock()
      spawn('reading an answer', () => calls.track(() => closeOf(body)).then(over))
      return answer
    } catch (error) {
      over()
      throw error
    }
  }

  return {
    exchange,
    async close() {
      for (const deadline of deadlines) deadline.cut(new DOMException('the client was closed', 'AbortError'))
      await pool.destroy()
    },
  }
}

/** The connections to the origin, or to the proxy that the environment names. */
function dispatcherOf(
  { buildConnector, EnvHttpProxyAgent, Pool }: typeof import('undici'),
  { url, connections, tls, proxyFromEnvironment, ...options }: ResolvedClientOptions,
): Dispatcher {
  const connectTimeout = finite(options.connectTimeout)
  const limits = {
    connections,
    pipelining: 1,
    allowH2: false,
    connectTimeout,
    headersTimeout: finite(options.headersTimeout),
    bodyTimeout: finite(options.bodyTimeout),
  }
  if (proxyFromEnvironment)
    return new EnvHttpProxyAgent({ ...limits, ...(tls && { connect: tls, requestTls: tls }) })
  const connect = buildConnector({ timeout: connectTimeout, allowH2: false, ...tls })
  return new Pool(url, {
    ...limits,
    connect: (to, done) =>
      connect(to, (...[error, socket]) =>
        error ? done(error, null) : done(null, discardContinue(socket as Socket)),
      ),
  })
}

/** undici says 0 for no limit. */
function finite(milliseconds: number): number {
  return milliseconds === Number.POSITIVE_INFINITY ? 0 : milliseconds
}

async function closeOf(body: Readable): Promise<void> {
  // Whoever reads the body is told that it broke off. Where nobody does yet, that must not end the process.
  body.on('error', () => {})
  if (!body.closed) await new Promise<void>((resolve) => body.once('close', resolve))
}
