import type { RequestListener } from 'node:http'
import { createServer, type Server } from 'node:net'
import { type Actor, checkBind } from '../../kernel/adapter-kit.ts'
import { type Adapter, getLogger, TomodachiError } from '../../kernel/index.ts'
import { type AccessLog, openAccessLog } from './access/access-log.ts'
import { type Refusal, refused } from './access/request-events.ts'
import { createRequestListener } from './exchange/request-listener.ts'
import type { ResolvedHttpOptions } from './options/options.ts'
import { Overload } from './overload/overload.ts'
import { OpenStreams } from './reply/events.ts'
import { createWriter } from './reply/writer.ts'
import type { HttpSource } from './routing/source.ts'
import { Connections } from './server/connections.ts'
import { type Listening, listen } from './server/server.ts'
import { createUpgrader } from './upgrade/upgrader.ts'
import { Upgrades } from './upgrade/upgrades.ts'

interface Running {
  readonly listening: Listening
  readonly listener: RequestListener
  readonly streams: OpenStreams
  readonly accessLog: AccessLog
  readonly overload: Overload | undefined
}

/** The adapter itself, and its running server. */
export interface HttpAdapter {
  readonly adapter: Adapter
  readonly upgrades: Upgrades
  /** The running server. Throws `ADAPTER_NOT_STARTED` if it is not running. */
  running(operation: string): Running
}

/** A server that answers nobody. */
function deafServer(): Server {
  return createServer((socket) => socket.destroy())
}

/** Makes the adapter of a server with these options. */
export function httpAdapter(options: ResolvedHttpOptions): HttpAdapter {
  const { name, host } = options
  const upgrades = new Upgrades()
  let running: Running | undefined

  const adapter: Adapter = {
    name,
    async start({ actors, deliver, bus, signal, isCheck = false }) {
      if (isCheck) return checkBind(deafServer(), options)
      const connections = new Connections(options)
      const streams = new OpenStreams()
      const overload = options.overload && new Overload(options.overload, adapter, bus)
      const shared = { ...options, adapter, upgrades, connections, bus, overload }
      const parts = { ...shared, deliver, write: createWriter({ ...options, streams }) }
      const listener = createRequestListener(actors as readonly Actor<HttpSource>[], parts)
      const listeners = {
        request: listener,
        ...createUpgrader(shared),
        refused: (refusal: Refusal) => bus.emit(refused, { ...refusal, adapter }),
      }
      const accessLog = await openAccessLog(adapter, bus, options.accessLog)
      let listening: Listening | undefined
      try {
        listening = await listen(options, connections, listeners)
        signal.throwIfAborted()
        overload?.watch()
      } catch (error) {
        await listening?.close()
        await accessLog.close()
        throw error
      }
      running = { listening, listener, streams, accessLog, overload }
      accessLog.accepting(host, listening.port, listening.url)
      getLogger('tomodachi.http').info('accepting http requests', { url: listening.url })
    },
    async pause() {
      running?.streams.drain()
      await running?.listening.drain()
    },
    async close() {
      const ending = running
      running = undefined
      await ending?.listening.drain()
      await ending?.listening.close()
      await ending?.accessLog.close()
      ending?.overload?.close()
    },
    get endpoints() {
      return running ? [running.listening.url] : []
    },
  }
  return {
    adapter,
    upgrades,
    running(operation) {
      if (!running) throw new TomodachiError('ADAPTER_NOT_STARTED', { adapter: name, operation })
      return running
    },
  }
}
