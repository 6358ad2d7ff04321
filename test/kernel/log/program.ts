import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import * as assert from 'uvu/assert'

/** How a program ended, and what it printed. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const prelude = `
import { setTimeout as sleep } from 'node:timers/promises'
import { captureLogs, configureLogging, exit, getLogger, Kernel, run, Service } from 'tomodachi'
import { memory } from 'tomodachi/memory'
configureLogging({ logger: 'json' })
const undo = captureLogs()
`

/** Runs a program that captures and writes JSON lines, in a process of its own. */
export async function runProgram(
  program: string,
  {
    flags = [],
    env = {},
  }: { readonly flags?: readonly string[]; readonly env?: Record<string, string> } = {},
): Promise<Ended> {
  const { NO_COLOR: _no, FORCE_COLOR: _force, NODE_OPTIONS: _options, DEBUG: _debug, ...rest } = process.env
  const child = spawn(process.execPath, [...flags, '--input-type=module', '-e', prelude + program], {
    env: { ...rest, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const code = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await code, stdout, stderr }
}

/** The records that a program wrote; nothing else may stand in its stderr. */
// biome-ignore lint/suspicious/noExplicitAny: parsed lines of unknown shape
export function recordsIn(stderr: string): any[] {
  return stderr
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      assert.match(line, /^\{"timestamp":"/)
      const { timestamp: _, ...record } = JSON.parse(line)
      return record
    })
}
