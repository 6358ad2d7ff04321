import { readFileSync } from 'node:fs'
import { TomodachiError } from 'tomodachi'
import { type RedisOptions, redis } from 'tomodachi/redis'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('options of Redis')

function refusal(options: object): TomodachiError {
  try {
    redis(options)
  } catch (error) {
    assert.instance(error, TomodachiError)
    return error as TomodachiError
  }
  return assert.unreachable(`accepted: ${JSON.stringify(options)}`) as never
}

const certificate = readFileSync(new URL('../fixtures/tls/localhost.cert.pem', import.meta.url))

const wrong: readonly [option: string, options: object][] = [
  ['redis.hosts', { hosts: ['a'] }],
  ['redis.ssl', { ssl: true }],
  ['redis.name', { name: 1 }],
  ['redis.name', { name: '' }],
  ['redis.host', { host: 'a\nb' }],
  ['redis.host', { host: ['a'] }],
  ['redis.port', { port: 0 }],
  ['redis.port', { port: '6379' }],
  ['redis.username', { username: 1 }],
  ['redis.password', { password: { secret: 1 } }],
  ['redis.database', { database: -1 }],
  ['redis.database', { database: 0.5 }],
  ['redis.database', { url: 'redis://a/secret' }],
  ['redis.prefix', { prefix: '' }],
  ['redis.declare', { declare: 'no' }],
  ['redis.lease', { lease: 999 }],
  ['redis.lease', { lease: Number.NaN }],
  ['redis.tls', { tls: 'yes' }],
  ['redis.tls', { tls: null }],
  ['redis.tls.pfx', { tls: { pfx: 'a' } }],
  ['redis.tls.rejectUnauthorized', { tls: { ca: certificate, rejectUnauthorized: false } }],
  ['redis.publishWindow', { publishWindow: 0 }],
  ['redis.publishQueue', { publishQueue: -1 }],
  ['redis.publishTimeout', { publishTimeout: Number.POSITIVE_INFINITY }],
  ['redis.startTimeout', { startTimeout: 'soon' }],
  ['redis.inspectionInterval', { inspectionInterval: 0 }],
  ['redis.url', { url: 'http://a' }],
  ['redis.url', { url: 'redis://a?secret=5' }],
  ['redis.url', { url: 'nonsense:secret' }],
  ['redis.url', { url: 'redis:///secret' }],
  ['redis.url', { url: 17 }],
]

for (const [option, options] of wrong) {
  test(`${option} of ${JSON.stringify(options).slice(0, 80)} is refused by its name`, () => {
    const error = refusal(options)
    assert.is(error.code, 'OPTION_INVALID')
    assert.is((error.values as { option: string }).option, option)
    assert.not.match(error.message, 'secret')
  })
}

const conflicts: readonly [one: string, other: string, options: object][] = [
  ['redis.url', 'redis.host', { url: 'redis://a', host: 'b' }],
  ['redis.url', 'redis.port', { url: 'redis://a', port: 1 }],
  ['redis.url', 'redis.username', { url: 'redis://a', username: 'b' }],
  ['redis.url', 'redis.password', { url: 'redis://a', password: 'secret' }],
  ['a redis.url with rediss:', 'redis.tls: false', { url: 'rediss://:secret@a', tls: false }],
]

for (const [one, other, options] of conflicts) {
  test(`${one} and ${other} exclude each other`, () => {
    const error = refusal(options)
    assert.is(error.code, 'OPTIONS_CONFLICT')
    assert.equal(error.values, { one, other })
    assert.not.match(error.message, 'secret')
  })
}

const right: readonly RedisOptions[] = [
  {},
  { url: 'redis://a' },
  { url: 'redis://user:pass%20word@a:1/3' },
  { url: 'rediss://a/', tls: { ca: certificate } },
  { url: 'redis://[::1]:6380', tls: true, database: 2 },
  { host: '::1', username: 'a', password: '', tls: false },
  { name: 'other', prefix: '{shop}', declare: false, lease: 1_000, publishQueue: 0, startTimeout: 0 },
]

for (const options of right)
  test(`${JSON.stringify(options).slice(0, 80)} is taken`, () => void redis(options))

test('a pattern in which a wildcard is a part of a word is refused at once', () => {
  for (const topic of ['', 'a.b*', '#a'])
    assert.throws(
      () => redis().topic(topic),
      (error: TomodachiError) => error.code === 'PATTERN_INVALID',
    )
})

test.run()
