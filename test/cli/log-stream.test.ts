// time limit: 120 s
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Command } from './command.ts'

const stream = suite('cli log stream')

/** Runs the talkative service; asks it for paths, then ends it by signal, unless it ends by itself. */
async function talk(options: string, paths: readonly string[], env: Record<string, string> = {}) {
  const command = new Command(
    ['run', '--logger', 'json', ...options.split(' ').filter(Boolean), 'talkative.mjs'],
    {
      env,
    },
  )
  await command.prints('accepting http requests')
  const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(command.stderr) ?? []
  await command.prints('press Ctrl-C to stop')
  const answers: string[] = []
  const ended = paths.includes('/crash') ? command.ends() : undefined
  for (const path of paths) answers.push(await (await fetch(`${url}${path}`)).text())
  const { code, stdout, stderr } = await (ended ?? command.endsBy('SIGTERM'))
  return { code, stdout, stderr, answers }
}

// biome-ignore lint/suspicious/noExplicitAny: parsed lines of unknown shape
function recordsIn(stderr: string): any[] {
  return stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

stream(
  'what a service prints and what node warns of join the log, with the fields of their handler',
  async () => {
    const { code, stderr } = await talk('', ['/print'])
    const found = recordsIn(stderr).filter(({ logger }) => /^(console|node)/.test(logger))
    const fields = { handler: 'print', transport: 'http', service: 'talkative', has: 'its id' }
    assert.equal(
      found.map(({ timestamp: _, requestId, ...record }) =>
        requestId === undefined ? record : { ...record, has: 'its id' },
      ),
      [
        { logger: 'console', level: 'info', message: 'loaded' },
        { logger: 'console', level: 'warning', message: 'printed {"password":"[redacted]"}', ...fields },
        { logger: 'node.warning', level: 'warning', message: 'careful', ...fields, type: 'Warning' },
      ],
    )
    assert.is(code, 0)
  },
)

stream('an error that nobody caught: one record, requests in flight are answered, exit code 1', async () => {
  const { code, stderr, answers } = await talk('', ['/crash'])
  assert.equal([code, answers], [1, ['finished']])
  const [record, ...more] = recordsIn(stderr).filter(({ logger }) => logger === 'node.uncaught')
  assert.equal(
    [record.level, record.message, record.error.name, more],
    ['error', 'unhandled rejection: boom', 'RangeError', []],
  )
  assert.match(record.error.stack, /^RangeError: boom\n +at /)
})

stream('without capturing all of that is for node and for stdout', async () => {
  const cases = [
    ['--no-capture', {}],
    ['', { TOMODACHI_NO_CAPTURE: '1' }],
  ] as const
  for (const [option, env] of cases) {
    const { code, stdout, stderr } = await talk(option, ['/print'], env)
    assert.is(code, 0)
    assert.match(stdout, /^loaded$/m)
    assert.match(stderr, /^printed \{ password: 'hunter2' \}$/m)
    assert.match(stderr, /^\(node:\d+\) Warning: careful$/m)
  }
})

stream('levels by the name of the logger', async () => {
  const levels = 'error,console=info,tomodachi.http=info,tomodachi.http.response=error'
  const { stderr } = await talk(`--log-level ${levels}`, ['/print', '/throw'])
  assert.equal(
    recordsIn(stderr).map(({ logger, level }) => `${logger} ${level}`),
    ['console info', 'tomodachi.http info', 'console warning', 'tomodachi.http.handler error'],
  )
})

interface Recorded {
  readonly logger: string
  readonly message: string
}

/** Our record for each that the Python library wrote, or why there is none. */
const counterparts: Readonly<Record<string, object | string>> = {
  'tomodachi.service: initializing service instance': { logger: 'tomodachi.lifecycle', from: 'idle' },
  'tomodachi.lifecycle: starting the service': { level: 'debug', message: 'transition', from: 'idle' },
  'tomodachi.lifecycle: enabled handler functions': { level: 'debug', to: 'starting.announcing' },
  'tomodachi.lifecycle: started service successfully': { level: 'debug', to: 'started' },
  'tomodachi.lifecycle: stopping service': { level: 'debug', to: 'stopping' },
  'tomodachi.lifecycle: terminated service': { level: 'debug', to: 'stopped' },
  'tomodachi.http: accepting http requests': {
    logger: 'tomodachi.http',
    level: 'info',
    message: 'accepting http requests',
  },
  'tomodachi.signal: received termination signal': {
    logger: 'tomodachi.lifecycle',
    level: 'info',
    message: 'received SIGTERM, stopping; a second signal ends the process at once',
  },
  'exception: uncaught exception: test': {
    logger: 'tomodachi.http.handler',
    level: 'error',
    message: 'handler failed',
    handler: 'throws',
    transport: 'http',
    service: 'talkative',
  },
  'tomodachi.http: logging requests to file': 'the access log of the service goes to stderr',
  'tomodachi.http.websocket: ': 'of the websocket adapter',
  'aioamqp.protocol: Server closed connection': 'of the package aioamqp',
  'tomodachi.scheduler: awaiting task to complete':
    'said once for all transports: waiting for handlers to finish',
  'tomodachi.watcher: ': 'of hot reload',
  'tomodachi.importer: ': 'what cannot be loaded is one sentence on stderr',
  'exception: uncaught exception: ': 'handler failed, with another error',
}

stream('each event that the Python library logs has its record, or a reason', async () => {
  const { bad_services: _, ...scenes } = JSON.parse(
    readFileSync(new URL('../fixtures/log_events.json', import.meta.url), 'utf8'),
  ) as Record<string, readonly Recorded[]>
  const records = recordsIn((await talk('-l debug', ['/throw'])).stderr)
  const used = new Set<string>()
  for (const { logger, message } of Object.values(scenes).flat()) {
    const key = Object.keys(counterparts).find((name) => `${logger}: ${message}`.startsWith(name))
    assert.ok(key !== undefined, `${logger}: ${message}`)
    used.add(key)
    const expected = counterparts[key]
    if (typeof expected === 'string') continue
    const isIt = (record: object) =>
      Object.entries(expected as object).every(
        ([field, value]) => (record as Record<string, unknown>)[field] === value,
      )
    assert.ok(records.some(isIt), `${key} ${JSON.stringify(records)}`)
  }
  assert.equal([...used].sort(), Object.keys(counterparts).sort())
})

stream.run()
