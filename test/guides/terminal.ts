import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { binary, inherited } from '../cli/command.ts'

/** How long a line may take to print what its document says, in milliseconds. */
const patience = 20_000

export interface Output {
  readonly code: number | null
  /** What it printed, on stdout and stderr. */
  readonly text: string
}

/** The terminal of a reader: runs the lines of a document in a folder that holds its files. */
export class Terminal {
  readonly #folder: string
  readonly #port: string
  #service: ChildProcess | undefined
  #printed = ''

  /** The documents' port 9700 becomes `port`. */
  constructor(folder: string, port: number) {
    this.#folder = folder
    this.#port = String(port)
  }

  /** Starts a service, and resolves when it has started. The one before is stopped. */
  async start(line: string): Promise<void> {
    await this.stop()
    this.#printed = ''
    // A shell takes variables in front of exec alone.
    const service = this.#spawn(line.replace(/^(?:\w+=\S+ )*/, '$&exec '), (text) => {
      this.#printed += text
    })
    this.#service = service
    const ended = once(service, 'close').then(() => true)
    while (!/accepting http requests|press Ctrl-C to stop| started\b|"started"/.test(this.#printed)) {
      const hasEnded = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 20))])
      if (hasEnded === true) throw new Error(`${line} ended: ${this.#printed}`)
    }
  }

  /** Runs a line to its end. */
  async run(line: string): Promise<Output> {
    let text = ''
    const child = this.#spawn(line, (more) => {
      text += more
    })
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, text }
  }

  /** Runs a line until it prints this, as what it asks for may still be under way. */
  async prints(line: string, expected: string): Promise<string> {
    const deadline = performance.now() + patience
    for (;;) {
      const { text } = await this.run(line)
      if (text.includes(expected) || !line.startsWith('curl') || performance.now() > deadline) return text
    }
  }

  /** Stops the service as Ctrl-C does, and resolves with its exit code. */
  async stop(): Promise<number | null> {
    const service = this.#service
    this.#service = undefined
    if (!service) return 0
    const ended = once(service, 'close')
    service.kill('SIGINT')
    const [code] = (await ended) as [number | null]
    return code
  }

  #spawn(line: string, print: (text: string) => void): ChildProcess {
    const node = JSON.stringify(process.execPath)
    const command = line
      .replaceAll('npx tomodachi', `${node} ${JSON.stringify(binary)}`)
      .replace(/(^|exec )node /, `$1${node} `)
      .replace(/\bcurl /, 'curl -sS ')
      .replaceAll('9700', this.#port)
    const child = spawn('sh', ['-c', command], {
      cwd: this.#folder,
      env: { ...inherited(), PORT: this.#port, NO_COLOR: '1' },
    })
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => print(String(data)))
    return child
  }
}
