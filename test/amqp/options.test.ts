import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { configureLogging, TomodachiError } from 'tomodachi'
import { type AmqpOptions, amqp } from 'tomodachi/amqp'
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

/** The same option, where it has another name or unit here. */
const ours: Readonly<Record<string, (value: unknown) => [option: string, value: unknown]>> = {
  ssl: (value) => ['tls', value],
  heartbeat: (value) => ['heartbeat', `${value}s`],
  queue_ttl: (value) => ['queueTtl', `${value}s`],
}

test('every option of the Python library is there, and takes its default', () => {
  const options: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(recorded)) {
    const [adapter, option = '', inner] = name.split('.')
    if (adapter !== 'amqp') continue
    const [key, own] = ours[option]?.(value) ?? [camelCase(option), value]
    if (inner === undefined) options[key] = own
    else options[key] = { ...(options[key] as object), [camelCase(inner)]: own }
  }
  assert.is(Object.keys(options).length, 12)
  amqp(options as AmqpOptions)
})

const certificate = readFileSync(new URL('../fixtures/tls/localhost.cert.pem', import.meta.url))

const wrong: readonly [option: string, options: object][] = [
  ['the options of amqp()', ['a']],
  ['amqp.hosts', { hosts: ['a'] }],
  ['amqp.ssl', { ssl: true }],
  ['amqp.qos', { qos: 5 }],
  ['amqp.qos', { qos: null }],
  ['amqp.qos.prefetch', { qos: { prefetch: 1 } }],
  ['amqp.name', { name: '' }],
  ['amqp.name', { name: 1 }],
  ['amqp.host', { host: 5 }],
  ['amqp.host', { host: null }],
  ['amqp.host', { host: ['a', 5] }],
  ['amqp.host', { host: [] }],
  ['amqp.host', { host: '' }],
  ['amqp.host', { host: 'a b' }],
  ['amqp.host', { host: 'amqp://a' }],
  ['amqp.host', { host: 'a:0' }],
  ['amqp.host', { host: 'a:65536' }],
  ['amqp.port', { port: 0 }],
  ['amqp.port', { port: 65_536 }],
  ['amqp.port', { port: '5672' }],
  ['amqp.heartbeat', { heartbeat: -1 }],
  ['amqp.heartbeat', { heartbeat: 60 }],
  ['amqp.heartbeat', { heartbeat: '1500ms' }],
  ['amqp.heartbeat', { heartbeat: '19h' }],
  ['amqp.heartbeat', { heartbeat: 'often' }],
  ['amqp.queueTtl', { queueTtl: 86_400 }],
  ['amqp.queueTtl', { queueTtl: '50d' }],
  ['amqp.queueTtl', { queueTtl: true }],
  ['amqp.declare', { declare: 'no' }],
  ['amqp.tls', { tls: 'yes' }],
  ['amqp.tls', { tls: null }],
  ['amqp.tls.pfx', { tls: { pfx: 'a' } }],
  ['amqp.tls.ca', { tls: { ca: true } }],
  ['amqp.tls.ca', { tls: { ca: [] } }],
  ['amqp.tls.rejectUnauthorized', { tls: { ca: certificate, rejectUnauthorized: false } }],
  ['amqp.tls.key', { tls: { cert: 'a' } }],
  ['amqp.login', { login: 'a\nb' }],
  ['amqp.login', { login: 5 }],
  ['amqp.password', { password: 1 }],
  ['amqp.password', { password: { secret: 1 } }],
  ['amqp.virtualhost', { virtualhost: '' }],
  ['amqp.exchangeName', { exchangeName: 1 }],
  ['amqp.routingKeyPrefix', { routingKeyPrefix: null }],
  ['amqp.queueNamePrefix', { queueNamePrefix: ['a'] }],
  ['amqp.qos.queuePrefetchCount', { qos: { queuePrefetchCount: 0 } }],
  ['amqp.qos.globalPrefetchCount', { qos: { globalPrefetchCount: 65_536 } }],
  ['amqp.publishWindow', { publishWindow: 0 }],
  ['amqp.publishQueue', { publishQueue: -1 }],
  ['amqp.publishTimeout', { publishTimeout: Number.POSITIVE_INFINITY }],
  ['amqp.startTimeout', { startTimeout: Number.NaN }],
  ['amqp.inspectionInterval', { inspectionInterval: 0 }],
  ['amqp.envelope', { envelope: 'json' }],
  ['amqp.url', { url: 'http://a' }],
  ['amqp.url', { url: [] }],
  ['amqp.url', { url: ['amqp://a', 5] }],
  ['amqp.url', { url: ['amqp://a', 'http://b'] }],
  ['amqp.url', { url: 'amqp://a#secret' }],
  ['amqp.url', { url: 'amqp://a?frame_maximum=1' }],
  ['amqp.url', { url: 'amqp://a?toString=1' }],
  ['amqp.url', { url: 'amqp://a?heartbeat=secret' }],
  ['amqp.url', { url: 'amqp://a?heartbeat=64801' }],
  ['amqp.url', { url: 'amqp://a?heartbeat=5&heartbeat=6' }],
  ['amqp.url', { url: 'amqp://a?connection_timeout=0' }],
  ['amqp.url', { url: 'amqp://a?channel_max=65536' }],
  ['amqp.url', { url: 'amqp://a?auth_mechanism=secret' }],
  ['amqp.url', { url: 'amqps://a?verify=secret' }],
  ['amqp.url', { url: 'amqps://a?cacertfile=/nowhere' }],
  ['amqp.connectionName', { connectionName: '' }],
  ['amqp.connectionTimeout', { connectionTimeout: 0 }],
  ['amqp.channelMax', { channelMax: 65_536 }],
  ['amqp.authMechanism', { authMechanism: 'external' }],
  ['amqp.tls.cert', { authMechanism: 'EXTERNAL' }],
  ['amqp.url', { url: 'amqp://a:0' }],
  ['amqp.url', { url: 'amqp://a/%secret' }],
  ['amqp.url', { url: 'nonsense:secret' }],
  ['amqp.url', { url: 17 }],
]

for (const [option, options] of wrong) {
  test(`${option} of ${JSON.stringify(options)} is refused by its name`, () => {
    const error = refusal(options)
    assert.is(error.code, 'OPTION_INVALID')
    assert.is((error.values as { option: string }).option, option)
    assert.not.match(error.message, 'secret')
  })
}

const sentences: readonly [options: object, sentence: string][] = [
  [{ hots: 'a' }, 'amqp() has no option "hots"; did you mean "host"?'],
  [{ ssl: true }, 'amqp() has no option "ssl"; did you mean "tls"?'],
  [{ username: 'a' }, 'amqp() has no option "username"; did you mean "login"?'],
  [{ queue_ttl: 5 }, 'amqp() has no option "queue_ttl"; did you mean "queueTtl"?'],
  [{ vhost: 'a' }, 'amqp() has no option "vhost"; did you mean "virtualhost"?'],
  [{ qos: { prefetch: 1 } }, 'amqp() has no option "qos.prefetch"; did you mean "qos.queuePrefetchCount"?'],
  [
    { host: 5 },
    'the option amqp.host must be the name or address of a host, such as "rabbit-2" or "rabbit-2:5673", or a list of hosts, not 5',
  ],
  [
    { heartbeat: 60 },
    'the option amqp.heartbeat must be a duration of whole seconds up to 18h, such as 20000 (milliseconds), "20s" or "5m", not 60',
  ],
]

for (const [options, sentence] of sentences)
  test(`${JSON.stringify(options)}: ${sentence}`, () => assert.is(refusal(options).message, sentence))

test('an option that is undefined counts as left out', () => {
  amqp({
    host: undefined,
    port: undefined,
    qos: undefined,
    tls: undefined,
    heartbeat: undefined,
    url: 'amqp://a',
  })
})

test('a URL that asks for TLS does not go without', () => {
  const error = refusal({ url: 'amqps://a', tls: false })
  assert.is(error.code, 'OPTIONS_CONFLICT')
  assert.match(error.message, 'amqps: and amqp.tls: false cannot be used together')
})

test('a URL and the parts that it stands for exclude each other', () => {
  for (const part of ['host', 'port', 'login', 'password', 'virtualhost']) {
    const error = refusal({ url: 'amqp://a', [part]: part === 'port' ? 1 : 'secret' })
    assert.is(error.code, 'OPTIONS_CONFLICT')
    assert.match(error.message, `amqp.${part}`)
    assert.not.match(error.message, 'secret')
  }
})

test('a query says how to connect, and nothing twice', () => {
  const path = (name: string) =>
    fileURLToPath(new URL(`../fixtures/tls/localhost.${name}.pem`, import.meta.url))
  const files = `cacertfile=${path('cert')}&certfile=${path('cert')}&keyfile=${path('key')}`
  const tls = `${files}&verify=verify_peer&server_name_indication=localhost&auth_mechanism=external`
  for (const url of [
    'amqp://a?heartbeat=5&connection_timeout=10000&channel_max=100&auth_mechanism=plain',
    `amqps://a/b?${tls}`,
    ['amqp://a', 'amqps://b?verify=verify_none'],
  ])
    amqp({ url })
  for (const [options, message] of [
    [
      { url: 'amqp://a?heartbeat=5', heartbeat: '5s' },
      'the query of amqp.url and amqp.heartbeat cannot be used together',
    ],
    [{ url: `amqps://a?${files}`, tls: true }, 'the query of amqp.url and amqp.tls cannot be used together'],
    [{ url: `amqp://a?${files}` }, 'parameters for TLS'],
    [{ url: `amqps://secret@a?${tls}` }, 'amqp.authMechanism "EXTERNAL" and a login or password'],
  ] as const) {
    const error = refusal(options)
    assert.is(error.code, 'OPTIONS_CONFLICT')
    assert.match(error.message, message)
  }
  assert.match(
    refusal({ url: 'amqp://a?frame_max=1' }).message,
    'must be a URL without "frame_max" in its query, which may have heartbeat, connection_timeout',
  )
})

test('hosts by name, by address, with and without a port', () => {
  for (const host of ['rabbit', 'rabbit:5673', '10.0.0.1', '::1', '[::1]:5673', ['a', 'b:1', '[::1]']])
    amqp({ host })
  for (const url of ['amqp://rabbit', 'amqps://a%40b:c%3Ad@[::1]:5671/my%2Fhost', 'amqp://rabbit/'])
    amqp({ url })
})

test('authorities that cannot be read, and the path of a file in place of its content', () => {
  for (const ca of ['ca.pem', Buffer.from('nonsense')]) {
    const error = refusal({ tls: { ca } })
    assert.is(error.code, 'TLS_INVALID')
    assert.match(error.message, 'the TLS ca cannot be used')
  }
})

test.run()
