// time limit: 60 s
// node: 24 only
// coverage: none
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { lastingPort } from '../lasting-port.ts'
import { until } from '../until.ts'
import { withExample } from './example.ts'

const test = suite('examples: one trace')

test('15-one-trace prints six spans of one trace', async () => {
  const flags = ['--no-capture', '--opentelemetry-instrument']
  const exporters = {
    OTEL_TRACES_EXPORTER: 'console',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
  }
  const env = { PORT: String(await lastingPort()), ...exporters }
  await withExample(
    '15-one-trace.ts',
    async (url, command) => {
      const order = {
        method: 'POST',
        body: '{"item":"book"}',
        headers: { 'content-type': 'application/json' },
      }
      assert.is((await fetch(`${url}/orders`, order)).status, 202)
      const found = (pattern: RegExp) => [...command.stdout.matchAll(pattern)].map(([, value]) => value)
      const names = () => found(/^ {2}name: '(.+)',$/gm)
      await until(() => names().length === 6, 'six spans')
      assert.equal(names().sort(), [
        'POST /orders',
        'PUT',
        'PUT /stock/:item',
        'process order.placed',
        'process order.placed',
        'publish order.placed',
      ])
      assert.is(new Set(found(/^ {2}traceId: '(.+)',$/gm)).size, 1)
    },
    { flags, env },
  )
})

test.run()
