// time limit: 180 s
// node: 24 only
// coverage: none
// needs: rabbitmq
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { linesOf } from '../bench/runs.ts'

const bench = suite('benchmarks of RabbitMQ')

bench('amqp measures speed and latency against bare amqplib, with the same wire format', () => {
  const lines = linesOf('amqp', ['bare'])
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
