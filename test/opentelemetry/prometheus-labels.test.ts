import { metrics } from '@opentelemetry/api'
import { configureLogging, Kernel, Service } from 'tomodachi'
import { opentelemetry } from 'tomodachi/opentelemetry'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readOpenMetrics } from './open-metrics.ts'

configureLogging({ logger: 'disabled' })

const labels = suite('opentelemetry: labels of prometheus')

labels('an attribute whose name we need goes on under another one', async () => {
  const telemetry = opentelemetry({ prometheus: { host: '127.0.0.1', port: 0 } })
  const kernel = await new Kernel([new Service({ adapters: [telemetry] })], { ownsProcess: false }).start()
  const meter = metrics.getMeter('own', '1.2')
  const attributes = {
    le: 'x',
    'otel.scope.name': 'y',
    exported_otel_scope_name: 'z',
    otel_scope_version: '9',
  }
  meter.createHistogram('own.sizes').record(1, attributes)
  meter.createCounter('own.things').add(1, attributes)
  const headers = { accept: 'application/openmetrics-text' }
  const families = readOpenMetrics(
    await (await fetch(telemetry.endpoints?.[0] as string, { headers })).text(),
  )
  const labelsOf = (sample: string) =>
    families.flatMap(({ samples }) => samples).find(({ name }) => name === sample)?.labels
  const renamed = {
    exported_exported_otel_scope_name: 'y',
    exported_otel_scope_name: 'z',
    exported_otel_scope_version: '9',
    otel_scope_name: 'own',
    otel_scope_version: '1.2',
  }
  assert.equal(labelsOf('own_things_total'), { ...renamed, le: 'x' })
  assert.equal(labelsOf('own_sizes_count'), { ...renamed, exported_le: 'x' })
  assert.equal(labelsOf('own_sizes_bucket'), { ...renamed, exported_le: 'x', le: '0.0' })
  await kernel.stop()
})

labels.run()
