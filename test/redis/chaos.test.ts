// time limit: 240 s
// node: 24 only
// needs: redis
// coverage: none
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { shortRun } from '../chaos/short-run.ts'

const test = suite('chaos on Redis')

test('no confirmed message is lost while the broker, connections and consumers die', () => {
  // What is in hand outlives its connection here, so that faults need not double anything.
  const { duplicates: _, ...outcome } = shortRun('redis', 220_000)
  assert.equal(outcome, {
    published: 10_000,
    confirmed: 10_000,
    handled: 10_000,
    lost: 0,
    faults: { restarts: 1, cuts: 2, kills: 1 },
  })
})

test.run()
