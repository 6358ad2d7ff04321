import { readFileSync } from 'node:fs'
import type { Server, Socket } from 'node:net'
import { reasonOf } from '../../../kernel/adapter-kit.ts'
import { getLogger } from '../../../kernel/index.ts'

/** Milliseconds between two reports of one reason: under an attack there is something to report all the time. */
const reportEvery = 10_000
/** Milliseconds without another one, after which those that came at a time are over: the first report has their count. */
const lull = 500
/** File descriptors that connections leave free: for the next one, which can only be refused once it was accepted. */
const spareDescriptors = 2

/**
 * Logs that connections could not be taken, once and with their count: above `maxConnections`, or for want of file
 * descriptors.
 */
export function reportDrops(server: Server): void {
  const full = tally(server, 'maxConnections is reached')
  const spent = tally(server, 'no file descriptors are left (EMFILE)', lull)
  server.on('drop', full)
  // Without one, libuv would close connections and tell nobody. The system gives out the lowest that is free.
  const highest = mostDescriptors() - spareDescriptors
  server.on('connection', (socket: Socket & { readonly _handle?: { readonly fd?: number } | null }) => {
    if ((socket._handle?.fd ?? 0) < highest) return
    socket.destroy()
    spent()
  })
  server.on('error', (error) => warn(reasonOf(error), 1))
}

/**
 * Counts, and reports what has been counted: at once, or after so many milliseconds in which there was nothing to
 * count, and from then on every while.
 */
function tally(server: Server, reason: string, patience = 0): () => void {
  let dropped = 0
  let timer: NodeJS.Timeout | undefined
  const after = (milliseconds: number, then: () => void) => {
    // A process that got no processor has something to read first.
    timer = setTimeout(() => setImmediate(then), milliseconds).unref()
  }
  const report = () => {
    timer = undefined
    if (dropped === 0) return
    warn(reason, dropped)
    dropped = 0
    after(reportEvery, report)
  }
  const awaitLull = (before: number, left: number) => {
    after(patience, () => (dropped > before && left > 0 ? awaitLull(dropped, left - patience) : report()))
  }
  server.once('close', () => {
    clearTimeout(timer)
    if (dropped > 0) warn(reason, dropped)
    dropped = 0
  })
  return () => {
    dropped++
    if (timer !== undefined) return
    if (patience === 0) report()
    else awaitLull(dropped, reportEvery)
  }
}

function warn(reason: string, dropped: number): void {
  getLogger('tomodachi.http').warn('connections cannot be taken', { reason, dropped })
}

/** File descriptors that this process may have; known on Linux only. */
function mostDescriptors(): number {
  try {
    const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? []
    return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
