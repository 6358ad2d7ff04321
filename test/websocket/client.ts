import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type ClientOptions, WebSocket } from 'ws'
import { RawClient, requestText } from '../http/raw-client.ts'
import { until } from '../http/serving.ts'

/** A server that the clients connect to. */
interface Served {
  readonly url: string
}

const open = new Set<Client>()

/** A websocket client that keeps what it received. */
export class Client {
  readonly socket: WebSocket
  /** Strings for text, Buffers for binary. */
  readonly received: (string | Buffer)[] = []
  /** Code and reason, once it has closed. */
  closed: readonly [code: number, reason: string] | undefined

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data: Buffer, isBinary) => this.received.push(isBinary ? data : data.toString()))
    socket.on('close', (code, reason) => {
      this.closed = [code, reason.toString()]
      open.delete(this)
    })
    socket.on('error', () => {})
    open.add(this)
  }

  /** Resolves when the connection is open. Rejects with the status of a refusal as its message. */
  static async open(api: Served, path: string, protocols: string[] = [], options: ClientOptions = {}) {
    const socket = new WebSocket(api.url.replace('http', 'ws') + path, protocols, options)
    const client = new Client(socket)
    await new Promise((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('unexpected-response', (_request, response) => {
        reject(new Error(String(response.statusCode)))
        socket.terminate()
      })
      socket.once('error', reject)
    })
    return client
  }

  send(...messages: readonly (string | Uint8Array)[]): void {
    for (const message of messages) this.socket.send(message)
  }

  /** Resolves with the first messages, when there are so many. */
  async messages(count: number): Promise<readonly (string | Buffer)[]> {
    await until(() => this.received.length >= count || this.closed !== undefined)
    return this.received.slice(0, count)
  }

  /** Resolves with the code and the reason. */
  async end(): Promise<readonly [number, string]> {
    await until(() => this.closed !== undefined)
    return this.closed as readonly [number, string]
  }
}

/** Cuts the clients off that tests have left: for `after.each`. */
export function dropClients(): void {
  for (const { socket } of open) socket.terminate()
  open.clear()
}

/** A frame of a client: masked with zeros, so that it can be read as it is (RFC 6455, 5.2). */
export function clientFrame(first: number, payload: Uint8Array | string): Buffer {
  const bytes = Buffer.from(payload as string)
  const length =
    bytes.length < 126 ? [0x80 | bytes.length] : [0x80 | 126, bytes.length >> 8, bytes.length & 0xff]
  return Buffer.concat([Buffer.from([first, ...length, 0, 0, 0, 0]), bytes])
}

/** The header fields of a handshake. */
export function handshakeFields(): Record<string, string> {
  return {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
  }
}

/** A websocket whose bytes the test writes itself; resolves after the handshake, whose answer is left out. */
export async function openRaw(api: Served, path: string, fields = {}): Promise<RawClient> {
  const client = await RawClient.connect(Number(new URL(api.url).port))
  client.send(requestText('GET', path, { ...handshakeFields(), ...fields }))
  await once(client.socket, 'data')
  if (!client.received.toString('latin1').startsWith('HTTP/1.1 101 '))
    throw new Error(client.received.toString('latin1'))
  return client
}

/** The bytes behind the answer to the handshake. */
export function framesOf(client: RawClient): Buffer {
  return client.received.subarray(client.received.indexOf('\r\n\r\n') + 4)
}

/** The socket of a websocket that reads nothing until it is resumed, and keeps nothing of it. */
export async function openDeaf(api: Served, path: string): Promise<Socket> {
  const { socket } = await openRaw(api, path)
  socket.removeAllListeners('data').on('data', () => {})
  return socket.pause()
}
