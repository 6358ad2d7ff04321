import { readFileSync } from 'node:fs'
import type { Server, Socket } from 'node:net'
import { reasonOf } from '../../../kernel/adapter-kit.ts'
import { getLogger } from '../../../kernel/index.ts'

/** Milliseconds between two reports with one reason: under an attack there is always something to report. */
const reportEvery = 10_000
/** Milliseconds of quiet after which a burst is over: the first report then has its count. */
const lull = 500
/** File descriptors that connections leave free for the next one, which has to be accepted before it can be refused. */
const spareDescriptors = 2

/**
 * Logs refused connections, once and with their count: those above `maxConnections`, and those for which no file descriptor is
 * left.
 */
export function reportDrops(server: Server): void {
  const full = tally(server, 'maxConnections is reached')
  const spent = tally(server, 'no file descriptors are left (EMFILE)', lull)
  server.on('drop', full)
  // Without a spare one, libuv would close connections and tell nobody. The system hands out the lowest free number.
  const highest = mostDescriptors() - spareDescriptors
  server.on('connection', (socket: Socket & { readonly _handle?: { readonly fd?: number } | null }) => {
    if ((socket._handle?.fd ?? 0) < highest) return
    socket.destroy()
    spent()
  })
  server.on('error', (error) => warn(reasonOf(error), 1))
}

/**
 * Counts, and reports the count: first at once or after a quiet time of some milliseconds, from then on at intervals.
 */
function tally(server: Server, reason: string, patience = 0): () => void {
  let dropped = 0
  let timer: NodeJS.Timeout | undefined
  const after = (milliseconds: number, then: () => void) => {
    // A process that was held up reads what has arrived first.
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
  getLogger('tomodachi.http').warn('connections were refused', { reason, dropped })
}

/** How many file descriptors this process may have; known on Linux only. */
function mostDescriptors(): number {
  try {
    const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? []
    return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
