import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'

/** A span as OTLP/JSON has it, with the resource that it came from. */
export interface Exported {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly scope: string
  readonly resource: Readonly<Record<string, unknown>>
}

/** The status of an answer, by the path and how many requests have come for it. */
type StatusOf = (path: string, count: number) => number

type Manner = 'takes' | 'hangs' | 'refuses' | StatusOf

/** A collector for OTLP/JSON over HTTP, on a port of its own. */
export class Collector {
  readonly spans: Exported[] = []
  /** The requests with log records, as text. */
  readonly logs: string[] = []
  /** How many requests came for each path. */
  readonly requests = new Map<string, number>()
  readonly headers: (string | undefined)[] = []
  readonly #server: Server
  #news = Promise.withResolvers<void>()

  constructor(manner: Manner = 'takes') {
    this.#server = createServer(async (request, response) => {
      const path = request.url ?? ''
      const count = (this.requests.get(path) ?? 0) + 1
      const status = typeof manner === 'function' ? manner(path, count) : manner === 'takes' ? 200 : 503
      this.requests.set(path, count)
      this.headers.push(request.headers.authorization)
      const text = Buffer.concat(await request.toArray()).toString()
      if (status === 200 && path === '/v1/traces') this.spans.push(...spansIn(JSON.parse(text)))
      if (path === '/v1/logs') this.logs.push(text)
      if (manner !== 'hangs') response.writeHead(status).end('{}')
      this.#news.resolve()
      this.#news = Promise.withResolvers()
    })
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  /** Resolves when the condition holds; looked at after each request. */
  async has(condition: () => boolean): Promise<void> {
    while (!condition()) await this.#news.promise
  }

  named(name: string): Exported {
    const found = this.spans.find((span) => span.name === name)
    if (!found) throw new Error(`no span ${name} in ${this.spans.map((span) => span.name).join(', ')}`)
    return found
  }
}

/** The URL of a port where nobody listens. */
export async function deadUrl(): Promise<string> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return `http://127.0.0.1:${port}`
}

interface Attribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

interface Request {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly { readonly scope: { readonly name: string }; readonly spans: Exported[] }[]
  }[]
}

function spansIn({ resourceSpans }: Request): Exported[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const values = resource.attributes.map(({ key, value }) => [key, Object.values(value)[0]])
    return scopeSpans.flatMap(({ scope, spans }) =>
      spans.map((span) => ({ ...span, scope: scope.name, resource: Object.fromEntries(values) })),
    )
  })
}
