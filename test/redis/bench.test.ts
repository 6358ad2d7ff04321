// time limit: 180 s
// node: 24 only
// needs: redis
// coverage: none
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { linesOf } from '../bench/runs.ts'

const bench = suite('benchmarks of Redis')

bench('redis measures speed and latency against its bare client, with the same wire format', () => {
  const lines = linesOf('redis', ['bare'])
  const speed = ['publish, raw', 'publish, jsonBase', 'consume, raw', 'consume, jsonBase']
  assert.equal(
    lines.map((line) => [line.case, line.unit, line.better]),
    [
      ...speed.flatMap((name) => [
        [name, 'messages/s', 'higher'],
        [name, 'µs CPU/message', 'lower'],
      ]),
      ...['p50', 'p99'].map((name) => [`publish to handler ${name}, jsonBase`, 'ms', 'lower']),
    ],
  )
})

bench.run()
