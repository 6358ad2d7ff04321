import type { Server } from 'node:net'
import { getLogger, reasonOf } from '../../kernel/index.ts'

/** Milliseconds between two reports: under an attack there is something to report all the time. */
const reportEvery = 10_000

/** Logs that connections could not be taken: above `maxConnections`, or for want of file descriptors. */
export function reportDrops(server: Server): void {
  let reportedAt = Number.NEGATIVE_INFINITY
  let dropped = 0
  const report = (reason: string) => {
    dropped++
    if (performance.now() - reportedAt < reportEvery) return
    reportedAt = performance.now()
    getLogger('tomodachi.http').warn('connections cannot be taken', { reason, dropped })
    dropped = 0
  }
  server.on('drop', () => report('maxConnections is reached'))
  server.on('error', (error) => report(reasonOf(error)))
}
