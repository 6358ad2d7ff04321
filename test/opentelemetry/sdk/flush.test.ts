// time limit: 240 s
// node: 24 only
// coverage: none
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Command, type Outcome } from '../../cli/command.ts'
import { removeUserFolders } from '../../cli/user-folder.ts'
import { Collector, deadUrl } from './collector.ts'
import { project } from './project.ts'

const flushing = suite('run --opentelemetry-instrument: the last flush')
flushing.after(removeUserFolders)

const cwd = project()
const words = ['run', '--opentelemetry-instrument', 'service.mjs']

function environment(url: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', ...more }
}

/** The lines of the log that tell of telemetry. */
function telemetryLines({ stderr }: Outcome): string[] {
  return stderr.split('\n').filter((line) => line.includes('tomodachi.opentelemetry'))
}

const badCollectors = [
  {
    name: 'hangs',
    open: () => new Collector('hangs').listen(),
    reason: /the exporters took longer than 3 s/,
  },
  {
    name: 'refuses',
    open: () => new Collector('refuses').listen(),
    reason: /everything before the end: \w+/,
  },
  {
    name: 'is dead',
    open: async () => ({ url: await deadUrl(), close() {} }),
    reason: /everything before the end: \w+/,
  },
] as const

for (const { name, open, reason } of badCollectors) {
  flushing(`a collector that ${name}: the stop takes at most 3 s longer, and says so once`, async () => {
    const collector = await open()
    const command = new Command(words, { cwd, env: environment(collector.url) })
    await command.prints('press Ctrl-C to stop')
    command.child.kill('SIGTERM')
    await command.prints('stopped after')
    const stopped = performance.now()
    const outcome = await command.ends()
    const took = performance.now() - stopped
    collector.close()
    assert.is(outcome.code, 0, outcome.stderr)
    // Beside the deadline itself, only the end of the process.
    assert.ok(took < 4_500, `${took} ms`)
    const lines = telemetryLines(outcome)
    assert.is(lines.length, 1, lines.join('\n'))
    assert.match(lines[0] ?? '', reason)
    assert.match(lines[0] ?? '', /warn/i)
  })
}

flushing('traces that are refused at once do not end the wait for the last metrics', async () => {
  const collector = await new Collector((path, count) =>
    path === '/v1/traces' ? 400 : count === 1 ? 503 : 200,
  ).listen()
  const env = { ...environment(collector.url, { EXIT: '0' }), OTEL_LOGS_EXPORTER: 'none' }
  const outcome = await new Command(words, { cwd, env }).ends()
  collector.close()
  assert.is(outcome.code, 0, outcome.stderr)
  // Unavailable at first, they were sent again.
  assert.is(collector.requests.get('/v1/metrics'), 2)
  assert.match(telemetryLines(outcome).join('\n'), /^.*warn .*everything before the end: .+$/)
})

flushing('the exit code stays, and a second signal ends the flush at once', async () => {
  const collector = await new Collector('hangs').listen()
  const command = new Command(words, { cwd, env: environment(collector.url) })
  await command.prints('press Ctrl-C to stop')
  command.child.kill('SIGTERM')
  await collector.has(() => collector.requests.size > 0)
  const begun = performance.now()
  // Another signal than the first is no echo of it.
  const { code } = await command.endsBy('SIGINT')
  collector.close()
  assert.is(code, 130)
  assert.ok(performance.now() - begun < 2_000)
})

flushing('an echo of the first signal does not end the flush', async () => {
  const collector = await new Collector().listen()
  const command = new Command(words, { cwd, env: environment(collector.url) })
  await command.prints('press Ctrl-C to stop')
  command.child.kill('SIGINT')
  await command.prints('received SIGINT, stopping')
  const { code, stderr } = await command.endsBy('SIGINT')
  collector.close()
  assert.is(code, 0, stderr)
  collector.named('GET /orders/:id')
})

for (const { name, more, exitCode } of [
  { name: 'a start that fails', more: { FAILS: '1' }, exitCode: 1 },
  { name: 'exit() while starting', more: { EXIT: '7' }, exitCode: 7 },
  { name: 'an uncaught error', more: { THROWS: '1' }, exitCode: 1 },
]) {
  flushing(`${name}: what there is by then is exported, exit code ${exitCode}`, async () => {
    const collector = await new Collector().listen()
    const { code, stderr } = await new Command([...words, '--logger', 'json'], {
      cwd,
      env: environment(collector.url, more),
    }).ends()
    collector.close()
    assert.is(code, exitCode, stderr)
    collector.named('greet')
  })
}

flushing('a start that fails while the collector hangs: at most 3 s, exit code 1', async () => {
  const collector = await new Collector('hangs').listen()
  const command = new Command(words, { cwd, env: environment(collector.url, { FAILS: '1' }) })
  await command.prints('cannot start')
  const failed = performance.now()
  const { code } = await command.ends()
  collector.close()
  assert.is(code, 1)
  assert.ok(performance.now() - failed < 4_500)
})

flushing.run()
