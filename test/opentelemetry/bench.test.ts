// time limit: 180 s
// node: 24 only
// coverage: none
// needs: rabbitmq
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Line } from '../bench/line.ts'
import { run } from '../bench/runs.ts'

const test = suite('opentelemetry: benchmark')

test('telemetry measures requests and messages with it off, without an SDK, with spans, and with metrics', () => {
  const { status, stdout, stderr } = run('telemetry', '--quick', '--json', '--rounds', '1')
  assert.is(status, 0, stderr)
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
  const signals = ['off', 'none', 'spans', 'spans and metrics']
  assert.equal(
    lines.map((line) => [line.case, line.unit]),
    [
      ...signals.map((each) => [`hello, ${each}`, 'µs CPU/request']),
      ...signals.map((each) => [`consume, ${each}`, 'µs CPU/message']),
    ],
  )
  const spans = lines.find((line) => line.case === 'hello, spans')
  assert.equal(Object.keys(spans?.against ?? {}), ['off', 'fastify, one span', 'fastify, two spans'])
  for (const { ours, against } of lines)
    for (const figure of [ours, ...Object.values(against)]) assert.ok(figure > 0)
})

test.run()
