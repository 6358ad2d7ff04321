import { readFileSync } from 'node:fs'
import { configureLogging, Kernel, Service, TomodachiError } from 'tomodachi'
import { type AmqpOptions, type AmqpTopicOptions, amqp } from 'tomodachi/amqp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

configureLogging({ logger: 'disabled' })

const test = suite('options of RabbitMQ')
const recorded = JSON.parse(
  readFileSync(new URL('../fixtures/options_defaults.json', import.meta.url), 'utf8'),
) as Record<string, unknown>

function refusal(options: object): TomodachiError {
  try {
    amqp(options)
  } catch (error) {
    assert.instance(error, TomodachiError)
    return error as TomodachiError
  }
  return assert.unreachable(`accepted: ${JSON.stringify(options)}`) as never
}

const camelCase = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

test('every option of the Python library is there, and takes its default', () => {
  const options: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(recorded)) {
    const [adapter, option = '', inner] = name.split('.')
    if (adapter !== 'amqp') continue
    const key = camelCase(option)
    if (inner === undefined) options[key] = value
    else options[key] = { ...(options[key] as object), [camelCase(inner)]: value }
  }
  assert.is(Object.keys(options).length, 12)
  amqp(options as AmqpOptions)
})

const certificate = readFileSync(new URL('../fixtures/tls/localhost.cert.pem', import.meta.url))

const wrong: readonly [option: string, options: object][] = [
  ['amqp.hosts', { hosts: ['a'] }],
  ['amqp.qos.prefetch', { qos: { prefetch: 1 } }],
  ['amqp.host', { host: [] }],
  ['amqp.host', { host: 'a b' }],
  ['amqp.host', { host: 'amqp://a' }],
  ['amqp.host', { host: 'a:0' }],
  ['amqp.port', { port: 0 }],
  ['amqp.port', { port: 65_536 }],
  ['amqp.heartbeat', { heartbeat: -1 }],
  ['amqp.queueTtl', { queueTtl: 0.5 }],
  ['amqp.queueTtl', { queueTtl: 5_000_000 }],
  ['amqp.declare', { declare: 'no' }],
  ['amqp.ssl', { ssl: 'yes' }],
  ['amqp.ssl', { ssl: null }],
  ['amqp.ssl.pfx', { ssl: { pfx: 'a' } }],
  ['amqp.ssl.ca', { ssl: { ca: true } }],
  ['amqp.ssl.ca', { ssl: { ca: [] } }],
  ['amqp.ssl.rejectUnauthorized', { ssl: { ca: certificate, rejectUnauthorized: false } }],
  ['amqp.ssl.key', { ssl: { cert: 'a' } }],
  ['amqp.login', { login: 'a\nb' }],
  ['amqp.password', { password: 1 }],
  ['amqp.exchangeName', { exchangeName: 1 }],
  ['amqp.qos.queuePrefetchCount', { qos: { queuePrefetchCount: 0 } }],
  ['amqp.qos.globalPrefetchCount', { qos: { globalPrefetchCount: 65_536 } }],
  ['amqp.publishWindow', { publishWindow: 0 }],
  ['amqp.publishTimeout', { publishTimeout: Number.POSITIVE_INFINITY }],
  ['amqp.url', { url: 'http://a' }],
  ['amqp.url', { url: 'amqp://a?heartbeat=5' }],
  ['amqp.url', { url: 'nonsense:secret' }],
]

for (const [option, options] of wrong) {
  test(`${option} of ${JSON.stringify(options)} is refused by its name`, () => {
    const error = refusal(options)
    assert.is(error.code, 'OPTION_INVALID')
    assert.is((error.values as { option: string }).option, option)
    assert.not.match(error.message, 'secret')
  })
}

test('a URL that asks for TLS does not go without', () => {
  const error = refusal({ url: 'amqps://a', ssl: false })
  assert.is(error.code, 'OPTIONS_CONFLICT')
  assert.match(error.message, 'amqps: and amqp.ssl: false exclude each other')
})

test('a URL and the parts that it stands for exclude each other', () => {
  for (const part of ['host', 'port', 'login', 'password', 'virtualhost']) {
    const error = refusal({ url: 'amqp://a', [part]: 'secret' })
    assert.is(error.code, 'OPTIONS_CONFLICT')
    assert.match(error.message, `amqp.${part}`)
    assert.not.match(error.message, 'secret')
  }
})

test('hosts by name, by address, with and without a port', () => {
  for (const host of ['rabbit', 'rabbit:5673', '10.0.0.1', '::1', '[::1]:5673', ['a', 'b:1', '[::1]']])
    amqp({ host })
  for (const url of ['amqp://rabbit', 'amqps://a%40b:c%3Ad@[::1]:5671/my%2Fhost', 'amqp://rabbit/'])
    amqp({ url })
})

test('authorities that cannot be read, and the path of a file in place of its content', () => {
  for (const ca of ['ca.pem', Buffer.from('nonsense')]) {
    const error = refusal({ ssl: { ca } })
    assert.is(error.code, 'TLS_INVALID')
    assert.match(error.message, 'the TLS ca cannot be used')
  }
})

test('topics that make no sense are refused where they are written', () => {
  for (const name of ['', 'a*', '#b']) {
    assert.throws(
      () => amqp().topic(name),
      (error: { code: string }) => error.code === 'PATTERN_INVALID',
    )
  }
  const senseless: AmqpTopicOptions[] = [
    { maxPriority: 0 },
    { maxPriority: 256 },
    { messageTtl: -1 },
    { queueTtl: 0.5 },
    { queue: '' },
    { queue: 'amq.mine' },
    { exchange: 1 as never },
    { batch: { size: 0 } },
    { batch: { size: 2, wait: -1 } },
  ]
  for (const options of senseless) {
    assert.throws(
      () => amqp().topic('t', options),
      (error: { code: string }) => error.code === 'OPTION_INVALID',
      JSON.stringify(options),
    )
  }
})

test('two handlers of one queue are a conflict that names both', async () => {
  const bus = amqp()
  const service = new Service().on(bus.topic('t'), function one() {}).on(bus.topic('t'), function other() {})
  const error: unknown = await new Kernel([service], { ownsProcess: false }).start().catch((reason) => reason)
  assert.is((error as TomodachiError).code, 'QUEUE_SHARED')
  assert.match((error as Error).message, /one.*other/)
})

test('publishing needs a running bus, and one topic', async () => {
  const codeOf = (work: Promise<void>) =>
    work.then(
      () => '',
      ({ code }) => code,
    )
  assert.is(await codeOf(amqp().publish('t', 1)), 'ADAPTER_NOT_STARTED')
  assert.is(await codeOf(amqp().publish('t.*', 1)), 'TOPIC_WITH_WILDCARD')
})

test.run()
