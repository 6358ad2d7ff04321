// time limit: 120 s
// node: 24 only
// coverage: none
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { shortRun } from '../chaos/short-run.ts'

const test = suite('chaos on SNS and SQS')

test('no confirmed message is lost while calls go wrong, the endpoint restarts, and consumers die', () => {
  const { duplicates, faults, ...outcome } = shortRun('sns-sqs')
  assert.equal(outcome, { published: 2_000, confirmed: 2_000, handled: 2_000, lost: 0 })
  // Without any, the faults would have struck when nothing was under way.
  assert.ok(duplicates > 0)
  const { restarts, cuts, kills, ...ofCalls } = faults
  assert.equal({ restarts, cuts, kills }, { restarts: 1, cuts: 1, kills: 2 })
  assert.equal(Object.keys(ofCalls), ['errors', 'timeouts', 'throttles', 'stalls', 'resets', 'lost answers'])
  for (const [kind, count] of Object.entries(ofCalls)) assert.ok(count > 0, kind)
})

test.run()
