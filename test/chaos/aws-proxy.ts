import { once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { lastingPort } from '../lasting-port.ts'

/**
 * What happens to a call: `reset` and `stall` before it reaches the emulator, `lose`, `cut` (in the middle of the answer)
 * , `hang` (the rest of the answer never comes) and `drip` (it comes in ten pieces, 300 ms apart) after it has been carried out; with `until` it is kept back for so long; with a status it is answered here, as
 * AWS does or with `text`, and with `edit` what the emulator answers is changed.
 */
export type Fault =
  | 'reset'
  | 'stall'
  | 'lose'
  | 'cut'
  | 'hang'
  | 'drip'
  | Refusal
  | { readonly edit: (body: string) => string }
  | { readonly until: Promise<void> }

/** An answer of the proxy's own. */
export interface Refusal {
  readonly status: number
  readonly code?: string
  readonly message?: string
  readonly empty?: boolean
  /** The whole body, instead of an error as AWS writes it. */
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** One call as it passes. */
export interface Call {
  /** Such as `ReceiveMessage` or `PublishBatch`; `GET /bucket/key` of S3. */
  readonly operation: string
  readonly body: string
  /** When it was signed, by the clock of whoever has signed it; ISO 8601. */
  readonly signed: string
  /** The header, which names the access key and the region. */
  readonly authorization: string
}

/** What the emulator answers. */
interface Answer {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly text: string
}

/** Hands a call on to the emulator. */
export type Forward = (call: IncomingMessage, body: string) => Promise<Answer>

/** Stands between the SDK and an emulator, counts calls and disturbs them. */
export class AwsProxy {
  /** Calls by operation, disturbed ones included. */
  readonly calls = new Map<string, number>()
  /** Most calls at once, by operation. */
  readonly most = new Map<string, number>()
  /** Milliseconds by which each answer is late. */
  delay = 0
  /** Decides about each call; undefined leaves it alone. */
  fault: (call: Call) => Fault | undefined = () => undefined
  readonly #server: Server
  readonly #forward: Forward
  readonly #underWay = new Map<string, number>()

  #port = 0

  private constructor(forward: Forward) {
    this.#forward = forward
    this.#server = createServer((incoming, response) => {
      this.#pass(incoming, response).catch(() => response.destroy())
    })
  }

  /** A proxy in front of an emulator: the one on this port, or one in this process. */
  static async to(target: number | Forward): Promise<AwsProxy> {
    const proxy = new AwsProxy(typeof target === 'number' ? overNetwork(target) : target)
    proxy.#port = await lastingPort()
    await proxy.listen()
    return proxy
  }

  get port(): number {
    return this.#port
  }

  /** Takes connections, again on the same port. */
  async listen(): Promise<void> {
    await once(this.#server.listen(this.#port, '127.0.0.1'), 'listening')
  }

  /** Ends every connection, whatever is under way on it: what the emulator has been asked for is done all the same. */
  cut(): void {
    this.#server.closeAllConnections()
  }

  count(operation: string): number {
    return this.calls.get(operation) ?? 0
  }

  /** Ends every connection, and takes none until it is told to `listen`. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.cut()
    await closed
  }

  async #drip(response: ServerResponse, answer: string): Promise<void> {
    const size = Math.ceil(answer.length / 10)
    for (let from = 0; from < answer.length; from += size) {
      response.write(answer.slice(from, from + size))
      await sleep(300)
    }
    response.end()
  }

  async #pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(incoming)
    const operation = operationOf(incoming, body)
    this.calls.set(operation, this.count(operation) + 1)
    const signed = String(incoming.headers['x-amz-date'] ?? '').replace(
      /^(....)(..)(..T..)(..)(..Z)$/,
      '$1-$2-$3:$4:$5',
    )
    const { authorization = '' } = incoming.headers
    const fault = this.fault({ operation, body, signed, authorization })
    if (fault === 'stall') return
    if (fault === 'reset') return void response.destroy()
    if (typeof fault === 'object' && 'until' in fault) await fault.until
    if (typeof fault === 'object' && 'status' in fault)
      return refuse(response, fault, 'x-amz-target' in incoming.headers)
    const { status, headers, text } = await this.#counted(operation, () => this.#forward(incoming, body))
    if (fault === 'lose') return void response.destroy()
    const answer = typeof fault === 'object' && 'edit' in fault ? fault.edit(text) : text
    const { 'content-length': _, 'transfer-encoding': __, connection: ___, ...kept } = headers
    response.writeHead(status, { ...kept, 'content-length': Buffer.byteLength(answer) })
    if (fault === 'drip') return this.#drip(response, answer)
    if (fault !== 'cut' && fault !== 'hang') return void response.end(answer)
    response.write(answer.slice(0, answer.length / 2), () => fault === 'cut' && response.destroy())
  }

  async #counted<T>(operation: string, call: () => Promise<T>): Promise<T> {
    const underWay = (this.#underWay.get(operation) ?? 0) + 1
    this.#underWay.set(operation, underWay)
    this.most.set(operation, Math.max(this.most.get(operation) ?? 0, underWay))
    try {
      const result = await call()
      if (this.delay > 0) await sleep(this.delay)
      return result
    } finally {
      this.#underWay.set(operation, (this.#underWay.get(operation) ?? 1) - 1)
    }
  }
}

function overNetwork(port: number): Forward {
  return async ({ url: path = '/', method = 'POST', headers }, body) => {
    const outgoing = request({ host: '127.0.0.1', port, path, method, headers })
    outgoing.end(body)
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
    return { status: answer.statusCode ?? 500, headers: answer.headers, text: await textOf(answer) }
  }
}

/** Answers in the protocol of the service: JSON for SQS, XML for the others. */
function refuse(
  response: ServerResponse,
  { status, code = 'InternalError', message = `${code} by proxy`, empty = false, text, headers }: Refusal,
  isJson: boolean,
): void {
  const json = JSON.stringify({ __type: `com.amazonaws.sqs#${code}`, message })
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`
  const type = isJson ? 'application/x-amz-json-1.0' : 'text/xml'
  response.writeHead(status, { 'content-type': type, ...headers })
  response.end(text ?? (empty ? '' : isJson ? json : `<ErrorResponse>${error}</ErrorResponse>`))
}

/** SQS names the operation in a header, SNS and STS in the form that they are sent; S3 has a method and a path. */
function operationOf({ headers, method, url = '' }: IncomingMessage, body: string): string {
  const target = headers['x-amz-target']
  if (typeof target === 'string') return target.replace(/^.*\./, '')
  return /(?:^|&)Action=(\w+)/.exec(body)?.[1] ?? `${method} ${url.split('?', 1)[0]}`
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
