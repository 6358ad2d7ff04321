import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { configureLogging } from 'tomodachi'
import { type Context, suite, type uvu } from 'uvu'
import * as assert from 'uvu/assert'

/** A suite whose tests each start with JSON lines at level info. */
export function loggingSuite(name: string): uvu.Test<Context> {
  const log = suite(name)
  log.before.each(() => configureLogging({ level: 'info', logger: 'json', colors: false }))
  log.after(() => configureLogging({ level: 'info', logger: 'console' }))
  return log
}

/** What the action writes to stderr, one entry per write. */
export function written(action: () => void): string[] {
  const lines: string[] = []
  const original = process.stderr.write
  process.stderr.write = ((chunk: string) => lines.push(chunk) > 0) as typeof process.stderr.write
  try {
    action()
  } finally {
    process.stderr.write = original
  }
  return lines
}

/** The one record that the action logs, as JSON. */
// biome-ignore lint/suspicious/noExplicitAny: a parsed line of unknown shape
export function logged(action: () => void): any {
  const lines = written(action)
  assert.is(lines.length, 1)
  return JSON.parse(lines[0] ?? '')
}

// Of what says how colours are written, a terminal with some is left.
const {
  NO_COLOR: _no,
  FORCE_COLOR: _force,
  CI: _ci,
  GITHUB_ACTIONS: _github,
  TMUX: _tmux,
  ...rest
} = process.env
const uncolored = { ...rest, TERM: 'xterm-256color' }

/** What a program writes to stderr when it runs alone. */
export async function stderrOf(program: string, env: Record<string, string> = {}): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...uncolored, ...env },
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  return text(child.stderr)
}

export const logOne = `import { getLogger } from 'tomodachi'; getLogger('shop').debug('off'); getLogger('shop').warn('low', { left: 2 })`
export const asTerminal = 'process.stderr.isTTY = true;'
