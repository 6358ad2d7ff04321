// time limit: 240 s
// coverage: none
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Command, eachOf } from '../../cli/command.ts'
import { removeUserFolders } from '../../cli/user-folder.ts'
import { Collector } from './collector.ts'
import { project } from './project.ts'

const programs = suite('run --opentelemetry-instrument: programs')
programs.after(removeUserFolders)

const exporters = { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' }

function to({ url }: Collector): Record<string, string> {
  return { ...exporters, OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }
}

for (const [installed, install] of [
  [[], '@opentelemetry/api @opentelemetry/sdk-node'],
  [['api'], '@opentelemetry/sdk-node'],
] as const) {
  programs(`missing packages: one sentence with ${install}, exit code 2`, async () => {
    const cwd = project({ installed })
    await eachOf(
      [
        { words: 'run --opentelemetry-instrument service.mjs', cwd },
        { words: 'run --opentelemetry-instrument --workers 2 service.mjs', cwd },
        { words: 'run service.mjs', cwd, env: { TOMODACHI_OPENTELEMETRY_INSTRUMENT: '1' } },
      ],
      ({ code, stdout, stderr }, { words }) => {
        const sentence = 'needs packages that are not installed; run'
        assert.is(
          stderr,
          `tomodachi: --opentelemetry-instrument ${sentence} "npm install ${install}"\n`,
          words,
        )
        assert.is(stdout, '')
        assert.is(code, 2)
      },
    )
  })
}

programs('an SDK without the function that starts it: one sentence, exit code 1', async () => {
  const texts = {
    'node_modules/@opentelemetry/sdk-node/package.json':
      '{ "name": "@opentelemetry/sdk-node", "version": "0.200.0", "type": "module", "exports": "./index.js" }',
    'node_modules/@opentelemetry/sdk-node/index.js': 'export class NodeSDK {}',
  }
  const cwd = project({ texts, installed: ['api'] })
  const { code, stderr } = await new Command(['run', '--opentelemetry-instrument', 'service.mjs'], {
    cwd,
  }).ends()
  assert.match(
    stderr,
    /^tomodachi: the installed release of @opentelemetry\/sdk-node has no startNodeSdk; run "npm install/,
  )
  assert.is(code, 1)
})

programs('each worker has an SDK of its own, and the supervisor none', async () => {
  const collector = await new Collector().listen()
  const words = ['run', '--opentelemetry-instrument', '--workers', '2', 'service.mjs']
  const command = new Command(words, { cwd: project(), env: to(collector) })
  await command.prints('press Ctrl-C to stop')
  const { code, stderr } = await command.endsBy('SIGTERM')
  collector.close()
  assert.is(code, 0, stderr)
  const instances = new Set(collector.spans.map(({ resource }) => resource['service.instance.id']))
  assert.is(instances.size, 2)
  const pids = new Set(collector.spans.map(({ resource }) => Number(resource['process.pid'])))
  assert.is(pids.size, 2)
  assert.not(pids.has(command.child.pid as number))
})

programs('a worker ends in time while the collector hangs', async () => {
  const collector = await new Collector('hangs').listen()
  const words = ['run', '--opentelemetry-instrument', '--workers', '1', 'service.mjs']
  const command = new Command(words, { cwd: project(), env: to(collector) })
  await command.prints('press Ctrl-C to stop')
  const begun = performance.now()
  const { code, stderr } = await command.endsBy('SIGTERM')
  collector.close()
  assert.is(code, 0, stderr)
  assert.match(stderr, /the exporters took longer than 3 s/)
  assert.not.match(stderr, /is killed/)
  // The deadline, keep-alive connections of the service, and the end of two processes.
  assert.ok(performance.now() - begun < 8_000)
})

const typed = `
  import { exit, on, Service } from 'tomodachi'
  import { http } from 'tomodachi/http'
  import { opentelemetry } from 'tomodachi/opentelemetry'
  import { greet } from 'greeter'
  const api = http({ port: 0 })
  const telemetry = opentelemetry()
  enum Names { You = 'you' }
  export default class Typed extends Service {
    constructor() { super({ name: 'typed', adapters: [telemetry] }) }
    override async onStarted({ kernel }: { kernel: import('tomodachi').Kernel }) {
      await fetch(kernel.adapters().find(({ name }) => name === 'http')!.endpoints![0] + '/typed')
      exit()
    }
    @on(api.get('/typed')) typed() { return greet(Names.You) }
  }`

programs('TypeScript through tsx, with an adapter of its own: each span once', async () => {
  const collector = await new Collector().listen()
  const cwd = project({ texts: { 'service.ts': typed } })
  const words = ['run', '--opentelemetry-instrument', 'service.ts']
  const { code, stderr } = await new Command(words, { cwd, env: to(collector) }).ends()
  collector.close()
  assert.is(code, 0, stderr)
  assert.equal(collector.spans.map(({ name }) => name).sort(), ['GET', 'GET /typed', 'greet'])
  assert.is(collector.named('greet').parentSpanId, collector.named('GET /typed').spanId)
  assert.is(collector.named('greet').resource['service.name'], 'typed')
})

programs('without the option, nothing of it is loaded', async () => {
  const texts = {
    'watch.mjs': `
      import { registerHooks } from 'node:module'
      registerHooks({ load(url, context, next) {
        if (/opentelemetry|import-in-the-middle|run\\/instrumented/.test(url)) process.stdout.write('loaded ' + url + '\\n')
        return next(url, context)
      } })`,
  }
  const cwd = project({ texts })
  const env = { NODE_OPTIONS: `--import ${cwd}/watch.mjs`, EXIT: '0' }
  const plain = await new Command(['run', 'service.mjs'], { cwd, env }).ends()
  assert.is(plain.code, 0, plain.stderr)
  assert.not.match(plain.stdout, /^loaded/m)
  // The same watcher sees it with the option.
  const words = ['run', '--opentelemetry-instrument', 'service.mjs']
  const instrumented = await new Command(words, {
    cwd,
    env: { ...env, OTEL_TRACES_EXPORTER: 'none', ...exporters },
  }).ends()
  assert.match(instrumented.stdout, /^loaded .*sdk-node/m)
})

programs.run()
