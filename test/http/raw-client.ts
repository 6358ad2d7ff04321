import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** A response as it came over the wire. */
export interface RawResponse {
  readonly statusLine: string
  readonly status: number
  /** Names as they were sent, values untrimmed at their end. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Values of a field, joined as HTTP joins them; undefined without the field. */
  header(name: string): string | undefined
  /** Without the chunk framing. */
  readonly body: Buffer
  readonly text: string
}

/** A request as text; a body gets its content-length. */
export function requestText(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body: string | Uint8Array = '',
): Buffer {
  const length = Buffer.byteLength(body)
  const fields = Object.entries({
    Host: 'localhost',
    ...(length > 0 ? { 'Content-Length': String(length) } : {}),
    ...headers,
  })
  const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${head}\r\n`), Buffer.from(body)])
}

/** A connection on which the test writes bytes and reads responses. */
export class RawClient {
  readonly socket: Socket
  /** Resolves when the connection has ended, however that was. */
  readonly closed: Promise<void>
  #received = Buffer.alloc(0)
  #ended = false
  #wake: () => void = () => {}

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake()
    })
    // A reset is an end like others here; what was missing shows in the response.
    socket.on('error', () => {})
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#ended = true
        this.#wake()
        resolve()
      })
    })
  }

  static async connect(port: number, host = '127.0.0.1'): Promise<RawClient> {
    const socket = connect({ port, host })
    const client = new RawClient(socket)
    await once(socket, 'connect')
    return client
  }

  /** The same over TLS, with whatever certificate the server has. */
  static async secure(port: number): Promise<RawClient> {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    const client = new RawClient(socket)
    await once(socket, 'secureConnect')
    return client
  }

  /** Whether bytes were received that no response has taken. */
  get received(): Buffer {
    return this.#received
  }

  send(data: string | Uint8Array): this {
    this.socket.write(data)
    return this
  }

  /** The next response that is final: no 1xx but 101. Rejects when the connection ends before it is complete. */
  async response(method = 'GET'): Promise<RawResponse> {
    for (;;) {
      const parsed = parse(this.#received, this.#ended, method)
      if (parsed) {
        this.#received = this.#received.subarray(parsed.length)
        if (parsed.response.status >= 200 || parsed.response.status === 101) return parsed.response
      } else if (this.#ended) {
        throw new Error(
          `the connection ended within a response: ${JSON.stringify(this.#received.toString())}`,
        )
      } else await this.more()
    }
  }

  /** Resolves when something more was received, or the connection has ended. */
  async more(): Promise<void> {
    if (this.#ended) return
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
  }

  destroy(): void {
    this.socket.destroy()
  }
}

/** Sends one request on a connection of its own. */
export async function exchange(port: number, data: string | Uint8Array): Promise<RawResponse> {
  const client = await RawClient.connect(port)
  const [method] = Buffer.from(data).toString('latin1').split(' ', 1)
  try {
    return await client.send(data).response(method)
  } finally {
    client.destroy()
  }
}

interface Parsed {
  readonly response: RawResponse
  /** Bytes that it took. */
  readonly length: number
}

function parse(received: Buffer, ended: boolean, method: string): Parsed | undefined {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [statusLine = '', ...lines] = received.subarray(0, headEnd).toString('latin1').split('\r\n')
  const headers = lines.map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')] as const
  })
  const header = (name: string) => {
    const values = headers
      .filter(([key]) => key.toLowerCase() === name.toLowerCase())
      .map(([, value]) => value)
    return values.length === 0 ? undefined : values.join(', ')
  }
  const status = Number(statusLine.split(' ')[1])
  const start = headEnd + 4
  const body = bodyOf(received.subarray(start), { header, status, method, ended })
  if (body === undefined) return undefined
  return {
    response: { statusLine, status, headers, header, body: body.bytes, text: body.bytes.toString() },
    length: start + body.length,
  }
}

interface Framing {
  header(name: string): string | undefined
  readonly status: number
  readonly method: string
  readonly ended: boolean
}

function bodyOf(
  rest: Buffer,
  { header, status, method, ended }: Framing,
): { bytes: Buffer; length: number } | undefined {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304)
    return { bytes: Buffer.alloc(0), length: 0 }
  if (header('transfer-encoding') === 'chunked') return dechunked(rest)
  const announced = header('content-length')
  if (announced === undefined) return ended ? { bytes: rest, length: rest.length } : undefined
  const length = Number(announced)
  return rest.length < length ? undefined : { bytes: Buffer.from(rest.subarray(0, length)), length }
}

function dechunked(rest: Buffer): { bytes: Buffer; length: number } | undefined {
  const chunks: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = rest.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(rest.subarray(at, lineEnd).toString(), 16)
    const next = lineEnd + 2 + size + 2
    if (rest.length < next) return undefined
    if (size === 0) return { bytes: Buffer.concat(chunks), length: next }
    chunks.push(rest.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = next
  }
}
