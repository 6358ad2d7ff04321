// time limit: 240 s
// node: 24 only
// coverage: none
// needs: rabbitmq
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { shortRun } from '../chaos/short-run.ts'

const test = suite('chaos on RabbitMQ')

test('no confirmed message is lost while the broker, connections and consumers die', () => {
  const { duplicates, ...outcome } = shortRun('amqp', 220_000)
  assert.equal(outcome, {
    published: 10_000,
    confirmed: 10_000,
    handled: 10_000,
    lost: 0,
    faults: { restarts: 1, cuts: 2, kills: 1 },
  })
  // Without any, the faults would have struck when nothing was under way.
  assert.ok(duplicates > 0)
})

test.run()
