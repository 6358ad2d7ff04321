import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Service } from 'tomodachi'
import { type Client, type ClientOptions, client } from 'tomodachi/http'
import { serve, stopAll } from '../serving.ts'

/** A request as an upstream got it. */
export interface Received {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** A server of `node:http` that answers as a test wants it to. */
export interface Upstream {
  readonly url: string
  readonly received: readonly Received[]
  /** Connections that are open. */
  readonly sockets: ReadonlySet<Socket>
  /** Connections that were ever made. */
  readonly connections: number
  close(): Promise<void>
}

/** Answers the request with this number, counted from 1. */
export type Answering = (response: ServerResponse, number: number, raw: IncomingMessage) => unknown

const upstreams = new Set<Upstream>()

/** Starts an upstream. `reads: false` answers before the body has come. */
export async function upstream(answer: Answering, { reads = true, port = 0 } = {}): Promise<Upstream> {
  const received: Received[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const server: Server = createServer(async (raw, response) => {
    const chunks: Buffer[] = []
    const { method = '', url = '', headers } = raw
    try {
      if (reads) for await (const chunk of raw) chunks.push(chunk as Buffer)
    } catch {
      // The caller went away: nobody is there to be answered.
      return
    }
    received.push({ method, url, headers, body: Buffer.concat(chunks) })
    await answer(response, received.length, raw)
  })
  server.on('connection', (socket) => {
    connections++
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await once(server.listen(port, '127.0.0.1'), 'listening')
  const it: Upstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    sockets,
    get connections() {
      return connections
    },
    async close() {
      upstreams.delete(it)
      server.closeAllConnections()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
  }
  upstreams.add(it)
  return it
}

/** A client that a running service has opened. */
export async function opened(origin: string, options: ClientOptions = {}): Promise<Client> {
  const opened = client(origin, options)
  await serve(new Service({ adapters: [opened], drainTimeout: 2_000 }))
  return opened
}

/** Stops services, and the upstreams after them: for `after.each`. */
export async function stopEverything(): Promise<void> {
  await stopAll()
  await Promise.all([...upstreams].map((upstream) => upstream.close()))
}

/** Answers with JSON. */
export function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

/** Something to be opened from outside. */
export function gate() {
  let open!: () => void
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}
