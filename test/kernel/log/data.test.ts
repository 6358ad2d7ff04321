import { getLogger, Kernel, Service } from 'tomodachi'
import { memory } from 'tomodachi/memory'
import * as assert from 'uvu/assert'
import { logged, loggingSuite, written } from './written.ts'

const log = loggingSuite('log data')

log('an error becomes data: name, message, code, stack, cause, errors and its own fields', () => {
  const cause = Object.assign(new RangeError('inner'), { code: 'E_INNER' })
  const error = Object.assign(new Error('outer', { cause }), { attempt: 3, token: 'abc' })
  const { error: data } = logged(() => getLogger('e').error('failed', { error }))
  assert.equal(Object.keys(data), ['name', 'message', 'stack', 'cause', 'attempt', 'token'])
  assert.equal([data.name, data.message, data.attempt, data.token], ['Error', 'outer', 3, '[redacted]'])
  assert.match(data.stack, /Error: outer\n +at /)
  assert.equal([data.cause.name, data.cause.code], ['RangeError', 'E_INNER'])
  const many = new AggregateError([new Error('one'), 'two'], 'several')
  const aggregate = logged(() => getLogger('e').error('failed', { many })).many
  assert.equal([aggregate.errors[0].message, aggregate.errors[1]], ['one', 'two'])
  const loop: Error & { cause?: unknown } = new Error('loop')
  loop.cause = loop
  assert.is(logged(() => getLogger('e').error('failed', { loop })).loop.cause, '[circular]')
  const chain = Array.from({ length: 50 }).reduce<Error>(
    (inner, _, i) => new Error(`n${i}`, { cause: inner }),
    cause,
  )
  assert.ok(
    JSON.stringify(logged(() => getLogger('e').error('failed', { chain }))).includes('"cause":"Error: n'),
  )
})

log('a stack ends where the handler was called from', async () => {
  const bus = memory()
  const service = new Service().on(bus.topic('t', { onError: 'drop' }), function fails() {
    throw new Error('boom')
  })
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  let error: unknown
  kernel.bus.on('settled', ({ settlement }) => {
    error = settlement?.state === 'dropped' && settlement.error
  })
  await bus.publish('t', 1)
  while (!error) await new Promise((resolve) => setTimeout(resolve, 5))
  await kernel.stop()
  const { stack } = logged(() => getLogger('t').error('x', { error })).error
  assert.match(stack, /^Error: boom\n +at .*fails /)
  assert.not.match(stack, /enterHandler|runInAsyncScope|Actor/)
})

log('values that JSON cannot hold become text', () => {
  const circular: Record<string, unknown> = { n: 1n }
  circular.self = circular
  const fields = {
    circular,
    bad: new Date(Number.NaN),
    date: new Date(0),
    map: new Map([['a', 1]]),
    set: new Set([1, 2]),
    bytes: Buffer.from('abc'),
    url: new URL('http://u:p@h/'),
    nan: Number.NaN,
    symbol: Symbol('s'),
    headers: new Headers({ cookie: 'a=b', host: 'h' }),
    call: function named() {},
    thrower: { toJSON: () => assert.unreachable(), b: 1 },
    getter: Object.defineProperty({}, 'x', { enumerable: true, get: () => assert.unreachable() }),
  }
  const {
    timestamp: _,
    logger: __,
    level: ___,
    message: ____,
    ...data
  } = logged(() => getLogger('v').info('x', fields))
  assert.equal(data, {
    circular: { n: '1', self: '[circular]' },
    bad: 'Invalid Date',
    date: '1970-01-01T00:00:00.000Z',
    map: { a: 1 },
    set: [1, 2],
    bytes: '[3 bytes]',
    url: 'http://u:[redacted]@h/',
    nan: 'NaN',
    symbol: 'Symbol(s)',
    headers: { cookie: '[redacted]', host: 'h' },
    call: '[function named]',
    thrower: { toJSON: '[function toJSON]', b: 1 },
    getter: { x: '[unreadable]' },
  })
})

log('texts, lists, objects, nesting and the whole record are bounded', () => {
  const nested = (depth: number): unknown => (depth === 0 ? 'bottom' : { nested: nested(depth - 1) })
  const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`k${i}`, 'v'.repeat(1_000)]))
  const [line = ''] = written(() =>
    getLogger('b').info('m'.repeat(1e6), {
      long: 'x'.repeat(1e6),
      list: Array(1e5).fill(1),
      deep: nested(1e3),
      wide,
    }),
  )
  assert.ok(line.length < 120_000, `${line.length} characters`)
  const record = JSON.parse(line)
  assert.match(record.long, /^x{10000}… \[cut, 1000000 characters in all\]$/)
  assert.is(record.list.length, 101)
  assert.not.match(line, /bottom/)
})

log('secrets are redacted by the name of their field', () => {
  const names = [
    'password',
    'PASSWD',
    'client_secret',
    'accessToken',
    'Authorization',
    'set-cookie',
    'X-API-Key',
  ]
  names.push('api key', 'credentials', 'privateKey', 'AWS_ACCESS_KEY_ID', 'sessionId', 'pass-word')
  for (const name of names) {
    const [line = ''] = written(() => {
      getLogger('s', { [name]: 'hunter2' }).info('x', { a: [{ [name]: { deep: 'hunter2' } }] })
    })
    assert.not.match(line, 'hunter2')
    assert.is(line.split('[redacted]').length, 3, name)
  }
  const kept = { author: 'a', passed: 1, key: 'k', cook: 'c', apis: 'x', accessed: 'y' }
  assert.equal(
    Object.keys(kept).map((name) => logged(() => getLogger('s').info('x', kept))[name]),
    Object.values(kept),
  )
})

log('secrets are redacted inside texts: message, fields, keys, error messages and stacks', () => {
  const cases = {
    'amqp://guest:hunter2@localhost:5672/%2f': 'amqp://guest:[redacted]@localhost:5672/%2f',
    'redis://:hunter2@h and http://a:hunter2@b': 'redis://:[redacted]@h and http://a:[redacted]@b',
    'Authorization: Bearer hunter2.abc-_~+/=': 'Authorization: Bearer [redacted]',
    'authorization: basic SHVudGVyMg==': 'authorization: basic [redacted]',
    'GET /in?access_token=hunter2&page=2': 'GET /in?access_token=[redacted]&page=2',
    'bearer token missing, basic usage at http://localhost:9700/@scope': undefined,
    'file:///srv/node_modules/@scope/a.js:10:5': undefined,
  }
  for (const [given, expected = given] of Object.entries(cases)) {
    const error = new Error(given)
    const record = logged(() => getLogger('t').info(given, { value: [given], [`${given}!`]: 1, error }))
    assert.is(record.message, expected)
    assert.equal(record.value, [expected])
    assert.ok(`${expected}!` in record)
    assert.is(record.error.message, expected)
    assert.ok(record.error.stack.startsWith(`Error: ${expected}\n`))
  }
})

log('a secret across the place where a text is cut stays hidden', () => {
  const value = `${'x'.repeat(9_990)} amqp://guest:${'hunter2'.repeat(9)}@h`
  assert.not.match(logged(() => getLogger('t').info('x', { value })).value, 'hunter2')
})

log.run()
