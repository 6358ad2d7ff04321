import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'

/** The folder with the services that the tests run. */
export const fixtures = fileURLToPath(new URL('../fixtures/cli/', import.meta.url))

/** The command, as npm links it. */
export const binary = fileURLToPath(
  new URL('dist/kernel/cli/main.js', import.meta.resolve('tomodachi/package.json')),
)

export interface Surroundings {
  /** Default: the fixtures' folder. */
  readonly cwd?: string
  /** Beside PATH and what the runner needs. */
  readonly env?: Readonly<Record<string, string>>
}

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What a command needs of the environment, here and in a terminal: what it compiles is kept for the next. */
export function inherited(): NodeJS.ProcessEnv {
  const names = ['PATH', 'NODE_V8_COVERAGE', 'NODE_COMPILE_CACHE']
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])))
}

/** The command in a process of its own. */
export class Command {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''

  constructor(words: readonly string[], { cwd = fixtures, env = {} }: Surroundings = {}) {
    this.child = spawn(process.execPath, [binary, ...words], { cwd, env: { ...inherited(), ...env } })
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += chunk
    })
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk
    })
  }

  /** Resolves when stdout or stderr has the text; rejects when the process ends without it. */
  async prints(text: string): Promise<void> {
    const ended = once(this.child, 'close')
    while (!(this.stdout + this.stderr).includes(text)) {
      const more = [this.child.stdout, this.child.stderr].map((stream) =>
        once(stream as NodeJS.ReadableStream, 'data'),
      )
      const which = await Promise.race([...more, ended.then(() => 'ended')])
      if (which === 'ended') throw new Error(`ended without printing ${text}: ${this.stdout}${this.stderr}`)
    }
  }

  /** Resolves when the process has ended. Fails when it printed a line of a stack of ours. */
  async ends(): Promise<Outcome> {
    const [code] = (await once(this.child, 'close')) as [number | null]
    const { stdout, stderr } = this
    assert.not.match(stderr, /^\s+at .*(\/kernel\/|\/dist\/|\/tsx\/|node:)/m)
    return { code, stdout, stderr }
  }

  /** Sends the signal, and resolves when the process has ended. */
  async endsBy(signal: NodeJS.Signals): Promise<Outcome> {
    const ended = this.ends()
    this.child.kill(signal)
    return ended
  }
}

/** Runs the command to its end. */
export async function tomodachi(words: string, surroundings?: Surroundings): Promise<Outcome> {
  return new Command(words.split(' ').filter(Boolean), surroundings).ends()
}

/** Runs each command line, a few at a time, and says of each what it ended with. */
export async function eachOf<Case extends { readonly words: string } & Surroundings>(
  cases: readonly Case[],
  check: (outcome: Outcome, given: Case) => void,
): Promise<void> {
  const waiting = [...cases]
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      check(await tomodachi(next.words, next), next)
    }
  }
  await Promise.all([work(), work(), work()])
}
