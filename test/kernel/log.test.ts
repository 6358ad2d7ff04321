import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { configureLogging, getLogger, type LoggingOptions } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const log = suite('logging')

/** What the action writes to stderr, one entry per write. */
function written(action: () => void): string[] {
  const lines: string[] = []
  const original = process.stderr.write
  process.stderr.write = ((chunk: string) => lines.push(chunk) > 0) as typeof process.stderr.write
  try {
    action()
  } finally {
    process.stderr.write = original
  }
  return lines
}

/** The one record that the action logs, as JSON. */
// biome-ignore lint/suspicious/noExplicitAny: a parsed line of unknown shape
function logged(action: () => void): any {
  const lines = written(action)
  assert.is(lines.length, 1)
  return JSON.parse(lines[0] ?? '')
}

/** What a program writes to stderr when it runs alone. */
async function stderrOf(program: string, env: Record<string, string> = {}): Promise<string> {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...rest } = process.env
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...rest, ...env },
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  return text(child.stderr)
}

const logOne = `import { getLogger } from 'tomodachi'; getLogger('shop').debug('off'); getLogger('shop').warn('low', { left: 2 })`
const asTerminal = 'process.stderr.isTTY = true;'

log.before.each(() => configureLogging({ level: 'info', logger: 'json', colors: false }))
log.after(() => configureLogging({ level: 'info', logger: 'console' }))

log('a JSON line starts timestamp, logger, level, message; then child fields, then fields', () => {
  const child = getLogger('tomodachi.http', { handler: 'index' }).child({ service: 'shop' })
  const [line = ''] = written(() =>
    child.warn('slow', { 7: 'seven', service: 'other', ms: 12, gone: undefined }),
  )
  assert.match(line, /^\{"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","logger":"tomodachi.http",/)
  assert.match(line, /"level":"warning","message":"slow",[^\n]*\}\n$/)
  const { timestamp: _, logger, level, message, ...fields } = JSON.parse(line)
  assert.equal([logger, level, message], ['tomodachi.http', 'warning', 'slow'])
  assert.equal(fields, { 7: 'seven', handler: 'index', service: 'other', ms: 12 })
})

log('levels are named as the reference library names them', () => {
  configureLogging({ level: 'debug' })
  const logger = getLogger('levels')
  const levels = [logger.debug, logger.info, logger.warn, logger.error].map(
    (method) => logged(() => method('x')).level,
  )
  assert.equal(levels, ['debug', 'info', 'warning', 'error'])
})

log('a field cannot replace what a line starts with', () => {
  const record = logged(() => getLogger('a').info('real', { message: 'forged', level: 'error', logger: 'b' }))
  assert.equal([record.message, record.level, record.logger], ['real', 'info', 'a'])
  assert.equal([record._message, record._level, record._logger], ['forged', 'error', 'b'])
})

log('a change of level reaches loggers that exist, and their children', () => {
  const logger = getLogger('existing')
  const child = logger.child({ a: 1 })
  const count = () => written(() => [logger, child].map((each) => each.debug('x'))).length
  assert.is(count(), 0)
  configureLogging({ level: 'debug' })
  assert.is(count(), 2)
  assert.is(logged(() => getLogger('made later').debug('x')).level, 'debug')
  for (const [level, expected] of Object.entries({ warn: 2, warning: 2, error: 1, CRITICAL: 1, info: 3 })) {
    configureLogging({ level })
    const lines = written(() => {
      logger.info('x')
      logger.warn('x')
      logger.error('x')
    })
    assert.is(lines.length, expected, level)
  }
})

log('a level that is off does not touch the fields', () => {
  const hostile = new Proxy({}, { ownKeys: () => assert.unreachable('fields were read') as never })
  const lines = written(() => getLogger('off').child(hostile).child(hostile).debug('x', hostile))
  assert.equal(lines, [])
})

log('disabled writes nothing, and can be undone', () => {
  configureLogging({ logger: 'disabled' })
  const logger = getLogger('quiet')
  assert.equal(
    written(() => logger.error('x')),
    [],
  )
  configureLogging({ logger: 'plain' })
  assert.is(written(() => logger.error('x')).length, 1)
})

log('names that objects inherit are names of loggers too', () => {
  for (const name of ['constructor', '__proto__', 'toString', '']) {
    assert.is(logged(() => getLogger(name).info('x')).logger, name)
  }
  assert.is(logged(() => getLogger().info('x')).logger, 'tomodachi')
})

log('methods can be passed on without their logger', async () => {
  const { error } = getLogger('detached')
  const record = logged(() => (error as (reason: unknown) => void)(new TypeError('boom')))
  assert.equal([record.message, record.error.name], ['boom', 'TypeError'])
})

log('an unknown level or format is refused, and changes nothing', () => {
  const refuses = (code: string, options: unknown) => {
    assert.throws(
      () => configureLogging(options as LoggingOptions),
      (error: Error & { code?: string }) => error.code === code,
    )
  }
  refuses('LOG_LEVEL_INVALID', { level: 'loud', logger: 'plain' })
  refuses('LOG_LEVEL_INVALID', { level: 'constructor' })
  refuses('LOGGER_INVALID', { logger: 'xml', level: 'error' })
  refuses('LOGGER_INVALID', { logger: { info() {}, error() {} } })
  assert.is(logged(() => getLogger('same').info('x')).message, 'x')
})

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

type Make = () => unknown
// Made inside the property: fast-check looks into the values that it hands over.
const hostile = fc.constantFrom<Make>(
  () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  },
  () => new Proxy({}, { get: () => assert.unreachable(), ownKeys: () => assert.unreachable() as never }),
  () => new Proxy(new Error('x'), { get: () => assert.unreachable() }),
  () => Object.assign(new Error('x'), { name: Symbol('n'), message: 1n, stack: { a: 1n } }),
  () => Object.defineProperty(new Error('x'), 'stack', { get: () => assert.unreachable() }),
  () => ({ toJSON: () => ({ toJSON: () => 1n }) }),
  () => Object(1n),
  () =>
    new Map<unknown, unknown>([
      [{ a: 1n }, Symbol('v')],
      [undefined, Number.NaN],
    ]),
  () => Symbol.iterator,
  () => Object.defineProperty(() => 1, 'name', { value: 1n }),
  () => '\u2028\u0085\ud800\n\r\u001b[31m',
)
const ordinary = fc.anything({
  key: fc.oneof(fc.string(), fc.constantFrom('__proto__', 'toJSON', 'level', 'stack', 'timestamp')),
  values: [fc.string({ unit: 'binary' }), fc.double(), fc.bigInt(), fc.constant(undefined), fc.date()],
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
})
const anything: fc.Arbitrary<Make> = fc.oneof(
  ordinary.map((value) => () => value),
  hostile,
  hostile.map((make) => () => ({ list: [make()], cause: make() })),
  fc.tuple(hostile, hostile).map(
    ([cause, own]) =>
      () =>
        Object.assign(new Error('x', { cause: cause() }), { own: own() }),
  ),
)

log('property: any value gives one line of JSON, and no format throws', () => {
  fc.assert(
    fc.property(anything, anything, anything, (message, bound, fields) => {
      const call = () => {
        const logger = getLogger('any', bound() as Record<string, unknown>)
        logger.info(message() as string, fields() as Record<string, unknown>)
      }
      configureLogging({ logger: 'json' })
      const [line = '', ...more] = written(call)
      assert.equal(more, [])
      assert.match(
        line,
        /^\{"timestamp":"[^"]+","logger":"any","level":"info","message":"[^\n\r\u0085\u2028\u2029]*\}\n$/,
      )
      JSON.parse(line)
      for (const logger of ['console', 'plain'] as const) {
        configureLogging({ logger })
        const lines = written(call)
        assert.is(lines.length, 1)
        assert.not.match(lines[0] ?? '', /(?!\n|\t)[\p{Cc}\u2028]/u)
      }
    }),
    { numRuns: 500 },
  )
})

log('property: what stands under a secret name is in no format', () => {
  const separator = fc.constantFrom('', '-', '_', ' ')
  const name = fc.oneof(
    fc.constantFrom('password', 'Token', 'COOKIE', 'session', 'clientSecret', 'proxy-authorization'),
    fc
      .tuple(fc.constantFrom('api', 'private', 'ACCESS'), separator, fc.constant('Key'))
      .map((parts) => parts.join('')),
  )
  const wraps: ((value: object) => unknown)[] = [
    (value) => value,
    (value) => ({ nested: value }),
    (value) => [value],
    (value) => new Map([['inner', value]]),
    (value) => Object.assign(new Error('x'), { inner: value }),
    (value) => new Error('x', { cause: value }),
    (value) => ({ toJSON: () => value }),
  ]
  fc.assert(
    fc.property(
      name,
      fc.uuid(),
      fc.array(fc.constantFrom(...wraps), { maxLength: 4 }),
      (key, secret, layers) => {
        const value = layers.reduce<unknown>((inner, wrap) => wrap(inner as object), {
          [key]: [secret, { secret }],
        })
        for (const logger of ['json', 'console', 'plain'] as const) {
          configureLogging({ logger })
          const [line = ''] = written(() => getLogger('any', { bound: value }).info('x', { value }))
          assert.ok(line.includes('[redacted]') && !line.includes(secret), line)
        }
      },
    ),
  )
})

log('the console format is for people: one aligned line, values quoted where they must be', () => {
  configureLogging({ logger: 'console', level: 'debug' })
  const logger = getLogger('tomodachi.http')
  const fields = { key: 'value', key2: 'two words', list: [1, { a: 'b' }], none: null, equation: 'a=b' }
  const [line = ''] = written(() => logger.info('message', fields))
  assert.match(
    line,
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} {2}info {3}tomodachi\.http {2}message {2}key=value key2="two words" list=\[1,\{"a":"b"\}\] none=null equation="a=b"\n$/,
  )
  const columns = [logger.debug, logger.warn, logger.error].map((method) =>
    written(() => method('x'))[0]?.indexOf('tomodachi.http'),
  )
  assert.equal(columns, Array(3).fill(line.indexOf('tomodachi.http')))
})

log('colours are written when they are asked for', () => {
  configureLogging({ logger: 'console', colors: true })
  const [line = ''] = written(() => getLogger('c').error('message', { key: 1 }))
  assert.match(line, '\u001b[31merror\u001b[0m')
  assert.match(line, '\u001b[2mkey=\u001b[0m1')
  configureLogging({ logger: 'plain' })
  assert.not.match(written(() => getLogger('c').error('message'))[0] ?? '', '\u001b')
})

log('the plain format has the time in UTC, one space between parts, and no colours', () => {
  configureLogging({ logger: 'plain' })
  const [line = ''] = written(() => getLogger('p').warn('message', { key: 'two words' }))
  assert.match(line, /^\d{4}-\d\d-\d\dT[\d:.]{12}Z warning p message key="two words"\n$/)
})

log('stacks stand indented below the line, with causes, held errors and further fields', () => {
  for (const logger of ['console', 'plain'] as const) {
    configureLogging({ logger })
    const cause = Object.assign(new RangeError('inner'), { code: 'E_INNER' })
    const error = new AggregateError([new Error('held')], 'outer', { cause })
    const [lines = ''] = written(() => getLogger('e').error('failed', { error }))
    const [first = '', ...rest] = lines.trimEnd().split('\n')
    assert.match(first, /failed +error="AggregateError: outer"$/)
    assert.ok(rest.every((line) => line.startsWith('    ')))
    assert.is(rest[0], '    AggregateError: outer')
    assert.match(rest[1] ?? '', /^ {8}at /)
    assert.ok(rest.includes('    caused by: RangeError: inner'))
    assert.ok(rest.includes('        code=E_INNER'))
    assert.ok(rest.includes('        Error: held'))
  }
})

log('what is logged can neither forge a line nor move the cursor', () => {
  configureLogging({ logger: 'plain' })
  const [line = ''] = written(() =>
    getLogger('f').info('a\n2026 error b\r\u001b[2J', { 'k\n': 'v\u009b1m\n' }),
  )
  assert.is(line.split('\n').length, 3)
  assert.match(line, '\n    2026 error b\\u000d\\u001b[2J "k\\n"="v\\u009b1m\\n"\n')
})

log('a logger of another library gets message and fields, on its own object', () => {
  const calls: unknown[] = []
  class Foreign {
    prefix = 'own'
    info(...args: unknown[]) {
      calls.push([this.prefix, 'info', ...args])
    }
    warning(...args: unknown[]) {
      calls.push([this.prefix, 'warning', ...args])
    }
    error(...args: unknown[]) {
      calls.push([this.prefix, 'error', ...args])
    }
  }
  configureLogging({ logger: new Foreign(), level: 'debug' })
  const logger = getLogger('x', { token: 'abc' })
  const lines = written(() => {
    logger.debug('dropped: the other logger has no debug')
    logger.info('one', { a: 1, error: undefined })
    logger.warn('two')
    logger.error('three')
  })
  const fields = { logger: 'x', token: '[redacted]' }
  assert.equal(lines, [])
  assert.equal(calls, [
    ['own', 'info', 'one', { ...fields, a: 1 }],
    ['own', 'warning', 'two', fields],
    ['own', 'error', 'three', fields],
  ])
})

log('pino gets the fields first', () => {
  const calls: unknown[] = []
  const method = (...args: unknown[]) => calls.push(args)
  configureLogging({
    logger: { info: method, warn: method, error: method, bindings: () => ({}) } as LoggingOptions['logger'],
  })
  getLogger('x').warn('message', { a: 1 })
  assert.equal(calls, [[{ logger: 'x', a: 1 }, 'message']])
})

log('what cannot log is refused', () => {
  for (const logger of [null, 1, 'stdout', {}, { info() {}, warn() {} }, { info: 1, warn: 1, error: 1 }]) {
    assert.throws(
      () => configureLogging({ logger } as LoggingOptions),
      (error: Error & { code?: string }) => error.code === 'LOGGER_INVALID',
    )
  }
})

log('a logger that throws or rejects loses no record and stops no caller', async () => {
  const failing = (): never => {
    throw new Error('disk full')
  }
  configureLogging({ logger: { info: failing, warn: failing, error: async () => failing() } })
  assert.match(written(() => getLogger('x').info('kept'))[0] ?? '', /kept\n$/)
  const original = process.stderr.write
  const rejected = new Promise<string>((resolve) => {
    process.stderr.write = ((chunk: string) => resolve(chunk)) as unknown as typeof process.stderr.write
  })
  getLogger('x').error('kept too')
  const line = await rejected
  process.stderr.write = original
  assert.match(line, /kept too\n$/)
})

log(
  'unconfigured, the console format goes to stderr at level info, without colours off a terminal',
  async () => {
    assert.match(await stderrOf(logOne), /^[\d: .-]+ {2}warn {3}shop {2}low {2}left=2\n$/)
  },
)

log('colours: a terminal has them, NO_COLOR takes them, FORCE_COLOR decides', async () => {
  const cases: [string, Record<string, string>, boolean][] = [
    [asTerminal, {}, true],
    [asTerminal, { NO_COLOR: '' }, true],
    [asTerminal, { NO_COLOR: '1' }, false],
    [asTerminal, { FORCE_COLOR: '0' }, false],
    ['', { FORCE_COLOR: '1' }, true],
    ['', { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  ]
  for (const [prelude, env, expected] of cases) {
    const output = await stderrOf(`${logOne.replace(';', `;${prelude}`)}`, env)
    assert.is(output.includes('\u001b['), expected, `${prelude} ${JSON.stringify(env)} ${output}`)
  }
})

log('a closed stderr does not end the process', async () => {
  const program = `
    import { getLogger } from 'tomodachi'
    import { setTimeout } from 'node:timers/promises'
    process.stdin.once('data', async () => {
      for (let i = 0; i < 3; i += 1) { getLogger('x').error('into the void'); await setTimeout(5) }
      process.stdout.write('alive'); process.stdin.destroy()
    })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'pipe' })
  child.stderr.destroy()
  await once(child.stderr, 'close')
  child.stdin.write('go\n')
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  assert.equal([output, code], ['alive', 0])
})

log.run()
