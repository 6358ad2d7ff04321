// time limit: 240 s
// coverage: none
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Command } from '../../cli/command.ts'
import { removeUserFolders } from '../../cli/user-folder.ts'
import { Collector } from './collector.ts'
import { project } from './project.ts'

const instrumenting = suite('run --opentelemetry-instrument: other libraries')
instrumenting.after(removeUserFolders)

const all = {
  'node_modules/@opentelemetry/auto-instrumentations-node/package.json':
    '{ "name": "@opentelemetry/auto-instrumentations-node", "type": "module", "exports": "./index.js" }',
  'node_modules/@opentelemetry/auto-instrumentations-node/index.js': `
    export function getNodeAutoInstrumentations(options) {
      console.log('options ' + JSON.stringify(options, (key, value) => typeof value === 'function' ? 'function' : value))
      return []
    }`,
}

/** Runs the service to its end. Resolves with the names of the spans that were exported, and what was printed. */
async function run(cwd: string, more: Readonly<Record<string, string>>, words: readonly string[] = []) {
  const collector = await new Collector().listen()
  const env = {
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    EXIT: '0',
    ...more,
  }
  const command = new Command(['run', '--opentelemetry-instrument', ...words, 'service.mjs'], { cwd, env })
  const { code, stdout, stderr } = await command.ends()
  collector.close()
  assert.is(code, 0, stderr)
  return { names: collector.spans.map(({ name }) => name).sort(), collector, stdout, stderr }
}

instrumenting('the package of all is asked, without what would repeat our spans', async () => {
  const cwd = project({ texts: all })
  const prefix = '@opentelemetry/instrumentation-'
  const { stdout } = await run(cwd, {}, ['--no-capture'])
  const options = JSON.parse(/^options (.*)$/m.exec(stdout)?.[1] ?? '{}')
  assert.equal(options, {
    [`${prefix}http`]: { disableIncomingRequestInstrumentation: true, requireParentforOutgoingSpans: true },
    [`${prefix}undici`]: { ignoreRequestHook: 'function' },
    [`${prefix}amqplib`]: { enabled: false },
    [`${prefix}aws-sdk`]: { enabled: false },
    [`${prefix}net`]: { enabled: false },
  })
  const asked = await run(cwd, { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http, aws-sdk' }, ['--no-capture'])
  assert.match(asked.stdout, /^options .*amqplib/m)
  assert.not.match(asked.stdout, /^options .*aws-sdk/m)
})

for (const [variable, value, names] of [
  ['OTEL_NODE_ENABLED_INSTRUMENTATIONS', 'greeter', ['GET /orders/:id', 'greet']],
  ['OTEL_NODE_DISABLED_INSTRUMENTATIONS', 'greeter,pg', ['GET', 'GET /orders/:id']],
] as const) {
  instrumenting(`${variable}=${value}`, async () => {
    assert.equal((await run(project(), { [variable]: value })).names, names)
  })
}

instrumenting('an instrumentation that cannot be used is one warning', async () => {
  const file = 'node_modules/@opentelemetry/instrumentation-greeter/index.js'
  const cwd = project({ texts: { [file]: 'throw new Error("not on this Node")' } })
  const { names, stderr } = await run(cwd, {})
  assert.match(
    stderr,
    /warn +tomodachi.opentelemetry +cannot use @opentelemetry\/instrumentation-greeter: not on this Node\n/,
  )
  assert.equal(names, ['GET', 'GET /orders/:id'])
})

const calling = `
  import { exit, Service } from 'tomodachi'
  import { client } from 'tomodachi/http'
  const upstream = client(process.env.UPSTREAM)
  export default new Service({ name: 'caller', adapters: [upstream], async onStarted() {
    await upstream.get('/by-client')
    await (await fetch(process.env.UPSTREAM + '/by-fetch')).text()
    exit(0)
  } })`

instrumenting('a call of client() has one span, a call of fetch() too', async () => {
  const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1')
  const upstream = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await new Promise((resolve) => server.once('listening', resolve))
  const cwd = project({ texts: { 'service.mjs': calling } })
  const { collector } = await run(cwd, { UPSTREAM: upstream() })
  server.closeAllConnections()
  server.close()
  assert.equal(collector.spans.map(({ scope }) => scope).sort(), [
    '@opentelemetry/instrumentation-undici',
    'tomodachi',
  ])
})

instrumenting.run()
