import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import { Command } from '../cli/command.ts'

/** The folder of the project. */
export const cwd = fileURLToPath(new URL('../../', import.meta.url))

export interface Run {
  /** Of the command `run`. */
  readonly flags?: readonly string[]
  /** Variables beside PATH, PORT and, where there are brokers, AMQP_URL and REDIS_URL. */
  readonly env?: Readonly<Record<string, string>>
  /** Kills it at the end, where a clean end would take long. */
  readonly kill?: boolean
}

/** Runs an example on a free port until `body` is done, then presses Ctrl-C and expects a clean end. */
export async function withExample(
  file: string,
  body: (url: string, command: Command) => Promise<void>,
  { flags = [], env = {}, kill = false }: Run = {},
): Promise<void> {
  const brokers = Object.entries(process.env).filter(([name]) => name === 'AMQP_URL' || name === 'REDIS_URL')
  const surroundings = { PORT: '0', ...Object.fromEntries(brokers), ...env }
  const command = new Command(['run', ...flags, `examples/${file}`], { cwd, env: surroundings })
  await command.prints('press Ctrl-C to stop')
  const [url = ''] = /(http|tcp):\/\/127\.0\.0\.1:\d+/.exec(command.stdout) ?? []
  try {
    await body(url, command)
  } catch (error) {
    command.child.kill('SIGKILL')
    throw error
  }
  command.child.kill(kill ? 'SIGKILL' : 'SIGINT')
  const { code, stderr } = await ended(command)
  assert.is(code, kill ? null : 0, stderr)
}

/** Unlike `ends`, says nothing of stacks: the orders example logs those of its handlers. */
async function ended(command: Command): Promise<{ code: number | null; stderr: string }> {
  if (command.child.exitCode === null) await new Promise((resolve) => command.child.once('close', resolve))
  return { code: command.child.exitCode, stderr: command.stderr }
}

export async function json<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T
}

/** Asks again until the answer is as wanted; the examples retry within a second. */
export async function eventually<T>(ask: () => Promise<T>, wanted: (value: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries++) {
    const value = await ask()
    if (wanted(value)) return value
    if (tries > 300) throw new Error(`not what was wanted: ${JSON.stringify(value)}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
