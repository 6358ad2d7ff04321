import { Readable } from 'node:stream'
import { type InFlight, spawn } from '../../../kernel/adapter-kit.ts'
import type { Bus } from '../../../kernel/index.ts'
import { type PreparedCall, send, type UnparsedResponse } from './attempts.ts'
import { Deadline } from './deadline.ts'
import { dispatcherOf } from './dispatcher.ts'
import type { ResolvedClientOptions } from './options.ts'

/** The connections of an open client. */
export interface OpenPool {
  exchange(prepared: PreparedCall): Promise<UnparsedResponse>
  /** Cuts off the calls in flight. Resolves when no connection is left. */
  close(): Promise<void>
}

/** Makes the pool; `calls` counts the answers whose bodies are still being read by their callers. */
export async function openPool(options: ResolvedClientOptions, calls: InFlight, bus: Bus): Promise<OpenPool> {
  // Loading undici takes longer than the rest of a start, so only programs with a client load it.
  const pool = dispatcherOf(await import('undici'), options)
  const deadlines = new Set<Deadline>()

  async function exchange(prepared: PreparedCall): Promise<UnparsedResponse> {
    const deadline = new Deadline(prepared.call, prepared.timeout, prepared.signal)
    const over = () => {
      deadline.clear()
      deadlines.delete(deadline)
      prepared.payload.release()
    }
    deadlines.add(deadline)
    try {
      const answer = await send(pool, prepared, options, deadline, bus)
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

async function closeOf(body: Readable): Promise<void> {
  // The reader of the body gets the error. If nobody reads it yet, the error must not end the process.
  body.on('error', () => {})
  if (!body.closed) await new Promise<void>((resolve) => body.once('close', resolve))
}
