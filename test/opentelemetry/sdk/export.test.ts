// time limit: 240 s
// coverage: none
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Command } from '../../cli/command.ts'
import { removeUserFolders } from '../../cli/user-folder.ts'
import { Collector } from './collector.ts'
import { project } from './project.ts'

const exporting = suite('run --opentelemetry-instrument: what is exported')
exporting.after(removeUserFolders)

const exporters = { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' }

function to(collector: Collector): Record<string, string> {
  const { url } = collector
  return { ...exporters, OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }
}

exporting(
  'spans of the service and of instrumented libraries, in one trace, flushed at the end',
  async () => {
    const collector = await new Collector().listen()
    const env = { ...to(collector), EXIT: '7', OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20hush' }
    const command = new Command(['run', '--opentelemetry-instrument', 'service.mjs'], { cwd: project(), env })
    const { code, stderr } = await command.ends()
    collector.close()
    assert.is(code, 7, stderr)
    const [call, request, greeting] = ['GET', 'GET /orders/:id', 'greet'].map((name) => collector.named(name))
    assert.is(call?.scope, '@opentelemetry/instrumentation-undici')
    assert.is(request?.scope, 'tomodachi')
    assert.is(request?.parentSpanId, call?.spanId)
    assert.is(greeting?.scope, 'greeter')
    assert.is(greeting?.parentSpanId, request?.spanId)
    assert.is(greeting?.traceId, call?.traceId)
    assert.is(collector.spans.length, 3)
    assert.is(request?.resource['service.name'], 'orders')
    assert.equal(new Set(collector.headers), new Set(['Bearer hush']))
    assert.not.match(stderr, /hush|WARN|warning/i)
  },
)

exporting.run()
