import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import type { Outcome } from './outcome.ts'

/**
 * What a short run of chaos came to. A run that takes longer than `timeout` milliseconds is ended: give it less than the
 * runner has, so that its broker is ended too.
 */
export function shortRun(name: string, timeout?: number): Outcome {
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, name, '--short', '--json'], {
    encoding: 'utf8',
    timeout,
  })
  assert.is(status, 0, stderr)
  return JSON.parse(stdout) as Outcome
}
