// time limit: 120 s
// node: 24 only
// coverage: none
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { linesOf } from '../bench/runs.ts'

const bench = suite('benchmarks of SNS and SQS')

bench('sns-sqs measures speed, calls and latency against the bare SDK', () => {
  const lines = linesOf('sns-sqs', ['bare'])
  const calls = ['publish calls', 'receive calls', 'delete calls', 'all calls']
  assert.equal(
    lines.map((line) => [line.case, line.unit]),
    [
      ['full speed', 'messages/s'],
      ['full speed', 'µs CPU/message'],
      ...calls.map((kind) => [`full speed, ${kind}`, 'calls/message']),
      ...calls.map((kind) => [`500 messages/s, ${kind}`, 'calls/message']),
      ['500 messages/s, latency p50', 'ms'],
      ['500 messages/s, latency p99', 'ms'],
    ],
  )
})

bench.run()
