// time limit: 240 s
// node: 24 only
// coverage: none
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Command, type Outcome } from '../../cli/command.ts'
import { removeUserFolders } from '../../cli/user-folder.ts'
import { Collector } from './collector.ts'
import { project } from './project.ts'

const variables = suite('run --opentelemetry-instrument: variables')
variables.after(removeUserFolders)

const cwd = project()
const nowhere = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' }

/** Runs the service until it stops itself with exit code 0. */
async function run(env: Readonly<Record<string, string>>): Promise<Outcome> {
  const words = ['run', '--opentelemetry-instrument', 'service.mjs']
  const outcome = await new Command(words, { cwd, env: { ...env, EXIT: '0' } }).ends()
  assert.is(outcome.code, 0, outcome.stderr)
  // It has run, whatever the variables are.
  assert.match(outcome.stderr, /onStop/)
  return outcome
}

/** What the logger of telemetry has written, without times. */
function telemetryLines({ stderr }: Outcome): string[] {
  return stderr
    .split('\n')
    .flatMap((line) => /(\w+) +tomodachi\.opentelemetry +(.*)$/.exec(line)?.slice(1).join(' ') ?? [])
}

for (const { title, env, lines } of [
  { title: 'nothing is exported, and nothing is said', env: nowhere, lines: [] },
  {
    title: 'unknown names',
    env: {
      ...nowhere,
      OTEL_TRACES_EXPORTER: 'jaeger',
      OTEL_PROPAGATORS: 'carrier-pigeon',
      OTEL_NODE_METER_PROVIDER: 'abacus',
    },
    lines: [
      /^warn OTEL_NODE_METER_PROVIDER must be tomodachi_prometheus, not "abacus"/,
      /^warn .*OTEL_PROPAGATORS.*carrier-pigeon/,
      /^warn .*OTEL_TRACES_EXPORTER.*jaeger/,
    ],
  },
  {
    title: 'an endpoint without http://',
    env: { ...nowhere, OTEL_EXPORTER_OTLP_ENDPOINT: 'otelcol:4317' },
    lines: [/^warn OTEL_EXPORTER_OTLP_ENDPOINT must be a URL with http:\/\/ or https:\/\//],
  },
  {
    title: 'an endpoint for gRPC',
    env: { ...nowhere, OTEL_EXPORTER_OTLP_ENDPOINT: 'otelcol:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    lines: [],
  },
  {
    title: 'a file of the configuration that is missing',
    env: { OTEL_CONFIG_FILE: 'nowhere.yaml' },
    lines: [/^error .*configuration.*nowhere\.yaml/],
  },
  {
    title: 'an SDK that is switched off',
    env: { OTEL_SDK_DISABLED: 'TRUE' },
    lines: [/^info OTEL_SDK_DISABLED is true, so nothing is traced or exported/],
  },
]) {
  variables(`${title}: the service runs, and the log has ${lines.length} lines`, async () => {
    const said = telemetryLines(await run(env))
    assert.is(said.length, lines.length, said.join('\n'))
    for (const [index, line] of lines.entries()) assert.match(said[index] ?? '', line)
  })
}

variables('the values of headers are never logged', async () => {
  const secret = 'pass-\u00e9-word-9'
  const env = { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', OTEL_LOG_LEVEL: 'all' }
  const headers = { OTEL_EXPORTER_OTLP_HEADERS: `x-key=${encodeURIComponent(secret)},x-bad=${secret}\n` }
  const words = ['run', '--opentelemetry-instrument', '--log-level', 'debug', 'service.mjs']
  const { code, stderr } = await new Command(words, { cwd, env: { ...env, ...headers, EXIT: '0' } }).ends()
  assert.is(code, 0)
  assert.match(stderr, /debug +tomodachi\.opentelemetry/)
  for (const text of [secret, encodeURIComponent(secret)]) assert.not(stderr.includes(text), stderr)
})

variables('spans on the console', async () => {
  const { stderr } = await run({ ...nowhere, OTEL_TRACES_EXPORTER: 'console' })
  assert.match(stderr, /GET \/orders\/:id/)
  assert.match(stderr, /traceId/)
})

variables('the name of the service, where the environment has none', async () => {
  for (const [env, name] of [
    [{ NAME: 'billing' }, 'billing'],
    [{ NAME: 'service' }, /^unknown_service:/],
    [{ NAME: 'billing', OTEL_SERVICE_NAME: 'given' }, 'given'],
    [{ NAME: 'billing', OTEL_RESOURCE_ATTRIBUTES: 'a=b,service.name=given' }, 'given'],
    [{ NAME: 'billing', OTEL_RESOURCE_ATTRIBUTES: 'service.namespace=shop' }, 'billing'],
  ] as const) {
    const collector = await new Collector().listen()
    const exporter = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }
    const outcome = await run({ ...nowhere, ...exporter, OTEL_TRACES_EXPORTER: 'otlp', ...env })
    collector.close()
    assert.match(String(collector.named('greet').resource['service.name']), name)
    assert.equal(telemetryLines(outcome), [])
  }
})

for (const exporter of ['otlp', undefined]) {
  variables(`log records are exported if OTEL_LOGS_EXPORTER is set: ${exporter}`, async () => {
    const collector = await new Collector().listen()
    await run({
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
      ...(exporter && { OTEL_LOGS_EXPORTER: exporter }),
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    })
    collector.close()
    assert.is(collector.logs.join().includes('accepting http requests'), exporter !== undefined)
  })
}

variables(
  'OTEL_METRICS_EXPORTER=prometheus: the endpoint of opentelemetry(), and none of the SDK',
  async () => {
    const collector = await new Collector().listen()
    const words = ['run', '--opentelemetry-instrument', '--logger', 'json', 'service.mjs']
    const env = {
      OTEL_METRICS_EXPORTER: 'otlp,prometheus',
      // As if it was not set.
      OTEL_NODE_METER_PROVIDER: '',
      OTEL_EXPORTER_PROMETHEUS_PORT: '0',
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    }
    const command = new Command(words, { cwd, env })
    await command.prints('press Ctrl-C to stop')
    const urls = [...command.stderr.matchAll(/"(http:[^"]+\/metrics)"/g)].map(([, url]) => url)
    assert.is(urls.length, 1, command.stderr)
    assert.match(
      await (await fetch(urls[0] ?? '')).text(),
      /^http_server_request_duration_seconds_count\{.*} 1$/m,
    )
    const { code } = await command.endsBy('SIGTERM')
    collector.close()
    assert.is(code, 0)
    // The other exporter has them too.
    assert.is(collector.requests.get('/v1/metrics'), 1)
  },
)

variables('a file of the configuration', async () => {
  const collector = await new Collector().listen()
  writeFileSync(
    join(cwd, 'otel.yaml'),
    `file_format: "1.0"
resource: { attributes: [{ name: service.name, value: from-file }] }
tracer_provider:
  processors: [{ batch: { exporter: { otlp_http: { endpoint: "${collector.url}/v1/traces", encoding: json } } } }]
`,
  )
  await run({ OTEL_CONFIG_FILE: 'otel.yaml' })
  collector.close()
  assert.is(collector.named('greet').resource['service.name'], 'from-file')
})

variables.run()
