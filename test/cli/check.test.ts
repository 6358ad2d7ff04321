// time limit: 120 s
// node: 24 only
// coverage: none
// needs: rabbitmq, redis
import { createServer, type Server } from 'node:net'
import { Kernel, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { channelOf, unique } from '../amqp/scene.ts'
import { brokerUrl } from '../amqp/world.ts'
import { lastingPort } from '../lasting-port.ts'
import { ask } from '../redis/scene.ts'
import { serverUrl } from '../redis/world.ts'
import { emulator } from '../sns-sqs/world.ts'
import { Command, tomodachi } from './command.ts'

const test = suite('tomodachi check')

/** Runs the command on the fixture, with adapters as the environment asks for them. */
const check = (env: Readonly<Record<string, string>>, words = '') =>
  tomodachi(`check ${words} checked.ts`, { env })

test('everything works: one line each, exit code 0, and nothing has run or been created', async () => {
  const [server, topic, port] = [await emulator(), unique('check'), await lastingPort()]
  const env = {
    PORT: String(port),
    BUSES: 'redis amqp aws',
    REDIS: serverUrl,
    AMQP: brokerUrl,
    AWS: `http://127.0.0.1:${server.port}`,
    TOPIC: topic,
  }
  try {
    const { code, stdout, stderr } = await check(env)
    const names = ['http', 'websocket', 'schedule', 'redis', 'amqp', 'sns-sqs']
    assert.equal([code, stdout, stderr], [0, names.map((name) => `works  ${name}\n`).join(''), ''])
    assert.equal(await ask('KEYS', `${topic}*`), [])
    // As another type it can only be declared if it is not there.
    await channelOf(async (channel) => {
      await channel.assertExchange(`${topic}-exchange`, 'direct', { durable: false })
      await channel.deleteExchange(`${topic}-exchange`)
    })
    assert.is(server.inspectQueue(`${topic}-queue`), undefined)
  } finally {
    await server.stop()
  }
})

test('a port that is shared is left to those who serve on it, and an endpoint is only tried', async () => {
  const [port, metrics] = [await lastingPort(), await lastingPort()]
  const api = http({ port, host: '127.0.0.1', reusePort: true })
  const kernel = await new Kernel([new Service().on(api.get('/'), () => 'served')], {
    ownsProcess: false,
  }).start()
  let isChecked = false
  const checking = check({ PORT: String(port), SHARED: '1', METRICS: String(metrics) }).finally(() => {
    isChecked = true
  })
  // Each over a connection of its own.
  while (!isChecked) {
    const answer = await fetch(api.url, { headers: { connection: 'close' } })
    assert.is(await answer.text(), 'served')
  }
  const { code, stdout } = await checking
  assert.is(code, 0)
  for (const name of ['http', 'opentelemetry']) assert.match(stdout, `works  ${name}\n`)
  await kernel.stop()
})

test('what does not work is said in a sentence without secrets, and the exit code is 1', async () => {
  const taken = await listening()
  const nobody = await lastingPort()
  const env = {
    PORT: String(portOf(taken)),
    BUSES: 'redis amqp aws',
    REDIS: serverUrl.replace('//', '//joe:hunter2@'),
    AMQP: brokerUrl.replace('//', '//joe:hunter2@'),
    AWS: `http://127.0.0.1:${nobody}`,
    OTHER: 'throws',
  }
  const { code, stdout, stderr } = await check(env)
  taken.close()
  assert.equal([code, stderr], [1, ''])
  const lines = stdout.trimEnd().split('\n')
  const wanted = [
    /^fails {2}other: TypeError: cannot log in to https:\/\/joe:\[redacted\]@shop.example at all$/,
    /^fails {2}http: .*127\.0\.0\.1:\d+.* in use/,
    /^works {2}websocket$/,
    /^works {2}schedule$/,
    /^fails {2}redis: .*login/,
    /^fails {2}amqp: .*login/,
    /^fails {2}sns-sqs: .*ECONNREFUSED/,
  ]
  assert.is(lines.length, wanted.length, stdout)
  for (const [index, pattern] of wanted.entries()) assert.match(lines[index] ?? '', pattern)
  assert.not.match(stdout, /hunter2|very-secret/)
})

test('a host that is down, and a package that is missing; as JSON', async () => {
  const nobody = await lastingPort()
  const env = { BUSES: 'amqp', AMQP: `amqp://127.0.0.1:${nobody}`, OTHER: 'missing' }
  const { code, stdout, stderr } = await check(env, '--json')
  assert.equal([code, stderr], [1, ''])
  const [other, amqp, ...more] = JSON.parse(stdout)
  assert.equal(more, [])
  assert.equal([other.adapter, other.works, other.code], ['other', false, 'PACKAGE_MISSING'])
  assert.match(other.reason, 'npm install no-such-package')
  assert.equal([amqp.adapter, amqp.works, amqp.code], ['amqp', false, 'BROKER_UNREACHABLE'])
  assert.match(amqp.reason, 'ECONNREFUSED')
})

test('an adapter that hangs ends at the limit, alone', async () => {
  const { code, stdout } = await check({ PORT: String(await lastingPort()), OTHER: 'hangs' }, '--timeout 1s')
  assert.is(code, 1)
  const [first, ...others] = stdout.trimEnd().split('\n')
  assert.is(first, 'fails  other: it is not done after 1s')
  assert.equal(others, ['works  http', 'works  websocket', 'works  schedule'])
})

test('a signal ends it with 1: it has not found everything in order', async () => {
  const silent = createServer((socket) => socket.on('error', () => {}).resume())
  const port = await new Promise<number>((resolve) =>
    silent.listen(0, '127.0.0.1', () => resolve(portOf(silent))),
  )
  const command = new Command(['check', 'checked.ts'], {
    env: { BUSES: 'redis', REDIS: `redis://127.0.0.1:${port}` },
  })
  await new Promise((resolve) => silent.once('connection', resolve))
  assert.is((await command.endsBy('SIGTERM')).code, 1)
  silent.close()
})

test('files that cannot be checked, and wrong usage', async () => {
  for (const [words, code, sentence] of [
    ['nowhere.ts', 1, 'cannot run nowhere.ts: there is no such file'],
    ['throws.ts', 1, 'cannot load throws.ts'],
    ['without-handlers.mjs', 1, 'has no handlers; register at least one with on(source, handler)'],
    ['never-loads.mjs', 1, 'never-loads.mjs never finishes loading'],
    ['', 2, 'check needs a file'],
    [
      '--timeout soon checked.ts',
      2,
      'the option --timeout must be a duration, such as 10s or 2m, not "soon"',
    ],
    ['--timeout 0s checked.ts', 2, 'the option --timeout must be a duration'],
    ['--workers 2 checked.ts', 2, 'the command check has no option --workers'],
  ] as const) {
    const outcome = await tomodachi(`check ${words}`)
    assert.equal([outcome.code, outcome.stdout], [code, ''], words)
    assert.match(outcome.stderr, `tomodachi: `)
    assert.ok(outcome.stderr.includes(sentence), `${words}: ${outcome.stderr}`)
  }
})

async function listening(): Promise<Server> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

function portOf(server: Server): number {
  return (server.address() as { readonly port: number }).port
}

test.run()
