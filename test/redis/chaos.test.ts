// time limit: 240 s
// node: 24 only
// needs: redis
// coverage: none
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Outcome } from '../chaos/outcome.ts'

const test = suite('chaos on Redis')

test('no confirmed message is lost while the broker, connections and consumers die', () => {
  const main = fileURLToPath(new URL('../chaos/main.ts', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'redis', '--short', '--json'], {
    encoding: 'utf8',
    // Earlier than the runner, so that its broker is ended too.
    timeout: 220_000,
  })
  assert.is(status, 0, stderr)
  // What is in hand outlives its connection here, so that faults need not double anything.
  const { duplicates: _, ...outcome } = JSON.parse(stdout) as Outcome
  assert.equal(outcome, {
    published: 10_000,
    confirmed: 10_000,
    handled: 10_000,
    lost: 0,
    faults: { restarts: 1, cuts: 2, kills: 1 },
  })
})

test.run()
