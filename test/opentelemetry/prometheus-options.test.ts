import { configureLogging, hasCode, Kernel, Service } from 'tomodachi'
import { opentelemetry } from 'tomodachi/opentelemetry'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readOpenMetrics } from './open-metrics.ts'

configureLogging({ logger: 'disabled' })

const options = suite('opentelemetry: options of prometheus')
const before = { ...process.env }
options.after.each(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
})

/** Names of the families that an adapter tells of, by where it listens. */
async function told(prometheus: Parameters<typeof opentelemetry>[0]) {
  const telemetry = opentelemetry(prometheus)
  const kernel = await new Kernel([new Service({ adapters: [telemetry] })], { ownsProcess: false }).start()
  const [url = ''] = telemetry.endpoints ?? []
  const text =
    url && (await (await fetch(url, { headers: { accept: 'application/openmetrics-text' } })).text())
  await kernel.stop()
  return { url, families: text ? readOpenMetrics(text) : [] }
}

options('without the option there is no endpoint', async () => {
  assert.is((await told({})).url, '')
  assert.is((await told({ prometheus: false })).url, '')
})

options('variables turn it on and stand for options that are left out', async () => {
  Object.assign(process.env, {
    OTEL_NODE_METER_PROVIDER: 'tomodachi_prometheus',
    OTEL_NODE_TOMODACHI_PROMETHEUS_ADDRESS: '127.0.0.1',
    OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.2',
    OTEL_EXPORTER_PROMETHEUS_PORT: '0',
    OTEL_NODE_TOMODACHI_PROMETHEUS_PORT: '',
    OTEL_NODE_TOMODACHI_PROMETHEUS_NAMESPACE_PREFIX: 'shop',
    OTEL_NODE_TOMODACHI_PROMETHEUS_INCLUDE_SCOPE_INFO: 'False',
    OTEL_NODE_TOMODACHI_PROMETHEUS_INCLUDE_TARGET_INFO: '0',
    OTEL_NODE_TOMODACHI_PROMETHEUS_EXEMPLARS_ENABLED: 'true',
  })
  const { url, families } = await told({})
  assert.match(url, /^http:\/\/127\.0\.0\.1:[1-9]\d*\/metrics$/)
  assert.ok(families.length > 0)
  for (const { name, samples } of families) {
    assert.match(name, /^shop_/)
    assert.ok(samples.every(({ labels }) => labels.otel_scope_name === undefined))
  }
  assert.is((await told({ prometheus: false })).url, '')
  const given = await told({ prometheus: { prefix: 'given', host: 'localhost' } })
  assert.match(given.url, /localhost/)
  assert.ok(given.families.every(({ name }) => name.startsWith('given_')))
})

for (const [variable, value] of [
  ['OTEL_NODE_TOMODACHI_PROMETHEUS_PORT', 'http'],
  ['OTEL_EXPORTER_PROMETHEUS_PORT', '70000'],
  ['OTEL_NODE_TOMODACHI_PROMETHEUS_NAMESPACE_PREFIX', 'a-b'],
  ['OTEL_NODE_TOMODACHI_PROMETHEUS_EXEMPLARS_ENABLED', 'maybe'],
] as const)
  options(`${variable}=${value} is refused by its name, if it is needed`, () => {
    process.env[variable] = value
    opentelemetry()
    assert.throws(
      () => opentelemetry({ prometheus: true }),
      (error: unknown) => hasCode(error, 'OPTION_INVALID') && (error as Error).message.includes(variable),
    )
  })

for (const [given, message] of [
  [{ prot: 1 }, /"prometheus\.prot".*"prometheus\.port"/],
  [{ port: 65_536 }, /prometheus\.port/],
  [{ prefix: '1st' }, /prometheus\.prefix/],
  [{ scope: 'no' }, /prometheus\.scope/],
  ['on', /true, false or an object/],
] as const)
  options(`${JSON.stringify(given)} is refused`, () => {
    assert.throws(
      () => opentelemetry({ prometheus: given as never }),
      (error: unknown) => hasCode(error, 'OPTION_INVALID') && message.test((error as Error).message),
    )
  })

options.run()
