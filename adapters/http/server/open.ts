import type { Adapter, Bus } from '../../../kernel/index.ts'
import { type AccessLog, openAccessLog } from '../access/access-log.ts'
import type { ResolvedOptions } from '../options/options.ts'
import type { Connections } from './connections.ts'
import { type Listeners, type Listening, listen } from './server.ts'

/** Opens the access log and listens. Rejects as both do, and then leaves nothing open. */
export async function open(
  adapter: Adapter,
  options: ResolvedOptions,
  connections: Connections,
  bus: Bus,
  listeners: Listeners,
): Promise<{ readonly listening: Listening; readonly accessLog: AccessLog }> {
  const accessLog = await openAccessLog(adapter, bus, options.accessLog)
  try {
    return { listening: await listen(options, connections, listeners), accessLog }
  } catch (error) {
    await accessLog.close()
    throw error
  }
}
