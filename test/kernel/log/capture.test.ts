// time limit: 120 s
import { captureLogs, configureLogging } from 'tomodachi'
import * as assert from 'uvu/assert'
import { captured } from './capturing.ts'
import { runProgram } from './program.ts'
import { loggingSuite, written } from './written.ts'

const log = loggingSuite('captured logs')

log('console methods become records of their level, and nothing reaches stdout', () => {
  configureLogging({ level: 'debug' })
  const original = process.stdout.write
  const printed: unknown[] = []
  process.stdout.write = ((chunk: unknown) => printed.push(chunk) > 0) as typeof process.stdout.write
  try {
    const records = captured('console', () => {
      for (const method of ['log', 'info', 'warn', 'error', 'debug', 'dir'] as const) console[method](method)
      console.assert(false, 'asserted')
      console.count('counted')
      console.group('grouped')
      console.groupEnd()
    })
    assert.equal(
      records.map(({ logger, level, message }) => `${logger} ${level} ${message}`),
      [
        'console info log',
        'console info info',
        'console warning warn',
        'console error error',
        'console debug debug',
        'console info dir',
        'console warning Assertion failed: asserted',
        'console info counted: 1',
        'console info grouped',
      ],
    )
    assert.equal(printed, [])
  } finally {
    process.stdout.write = original
  }
})

log('the text is as console has it, with objects as JSON and without secrets', () => {
  const cases: [args: unknown[], message: string][] = [
    [['%s is %d of %i, %j', 'a', 1.5, 2.5, { b: [1] }], 'a is 1.5 of 2, {"b":[1]}'],
    [['%o and %O', { a: 1 }, [1, { b: 2 }]], '{"a":1} and [1,{"b":2}]'],
    [[1n, null, undefined, true, Symbol('s')], '1n null undefined true Symbol(s)'],
    [
      ['user', { id: 1, password: 'hunter2' }, new Map([['token', 'hunter2']])],
      'user {"id":1,"password":"[redacted]"} {"token":"[redacted]"}',
    ],
    [
      ['{ password: \'hunter2\', "apiKey": "hun\\"ter2", id: \'x\' }'],
      '{ password: \'[redacted]\', "apiKey": "[redacted]", id: \'x\' }',
    ],
    [['token=hunter2; Set-Cookie: sid=hunter2; Path=/'], 'token=[redacted]; Set-Cookie: [redacted]'],
    [['amqp://guest:hunter2@localhost'], 'amqp://guest:[redacted]@localhost'],
    [[], ''],
    [['100 %', '%s'], '100 % %s'],
  ]
  for (const [args, message] of cases) {
    const [record] = captured('console', () => console.log(...args))
    assert.equal([record?.message, record?.fields], [message, {}])
  }
})

log('errors are data beside the text, and a trace is one', () => {
  configureLogging({ level: 'debug' })
  const error = new RangeError('out of bounds', { cause: new Error('inner') })
  const [alone, among, several, trace] = captured('console', () => {
    console.error(error)
    console.error('failed for %s:', 'x', error)
    console.warn(error, new Error('second'))
    console.trace('here')
  })
  assert.equal([alone?.message, among?.message], ['out of bounds', 'failed for x: RangeError: out of bounds'])
  assert.equal([among?.fields.error.name, among?.fields.error.cause.message], ['RangeError', 'inner'])
  assert.match(among?.fields.error.stack, 'capture.test.ts')
  assert.equal([several?.fields.error.name, several?.fields.error2.message], ['RangeError', 'second'])
  assert.equal([trace?.level, trace?.message], ['debug', 'here'])
  assert.match(trace?.fields.error.stack, /^Trace: here\n +at .*capture\.test\.ts/)
})

log('a level that is off costs nothing: no value is looked at', () => {
  const hostile = new Proxy(
    {},
    { get: () => assert.unreachable(), ownKeys: () => assert.unreachable() as never },
  )
  assert.equal(
    captured('console', () => console.debug('x', hostile)),
    [],
  )
  configureLogging({ level: 'info,console=error' })
  assert.equal(
    captured('console', () => console.log('x', hostile)),
    [],
  )
  configureLogging({ levels: {} })
})

log('undone, all is as it was, also under a wrapper that somebody has put around it since', () => {
  const before = [
    console.log,
    process.stderr.write,
    process.listeners('warning'),
    process.listenerCount('uncaughtException'),
  ]
  const undos = [captureLogs(), captureLogs()]
  assert.is.not(console.log, before[0])
  undos[0]?.()
  undos[0]?.()
  assert.is(written(() => console.error('still captured')).length, 1)
  const ours = console.log
  const wrapper = (...args: unknown[]) => ours(...args)
  console.log = wrapper
  undos[1]?.()
  assert.is(console.log, wrapper)
  const printed: unknown[] = []
  const original = process.stdout.write
  process.stdout.write = ((chunk: unknown) => printed.push(chunk) > 0) as typeof process.stdout.write
  console.log('plainly')
  process.stdout.write = original
  console.log = before[0] as typeof console.log
  assert.equal(printed, ['plainly\n'])
  assert.equal(
    [
      console.log,
      process.stderr.write,
      process.listeners('warning'),
      process.listenerCount('uncaughtException'),
    ],
    before,
  )
})

log('an output that prints with console is not captured again, even after an await', async () => {
  const { code, stdout, stderr } = await runProgram(`
    const late = async (level, message) => { console.log('sync', level, message); await sleep(1); console.error('late', message) }
    const logger = Object.fromEntries(['debug', 'info', 'warn', 'error'].map((level) => [level, (message) => late(level, message)]))
    configureLogging({ logger })
    console.warn('one')
    getLogger('x').info('two')`)
  assert.is(code, 0)
  assert.is(stdout, 'sync warn one\nsync info two\n')
  assert.is(stderr, 'late one\nlate two\n')
})

log('while the log is disabled, what is printed is printed', async () => {
  const { code, stdout, stderr } = await runProgram(`
    configureLogging({ logger: 'disabled' })
    console.log('said')
    throw new Error('boom')`)
  assert.equal([code, stdout], [1, 'said\n'])
  assert.match(stderr, /^Uncaught Error: boom\n +at /)
})

log('unknown and wrong options are refused', () => {
  const before = console.log
  for (const options of [{ stdout: true }, { console: 'yes' }, { toString: true }]) {
    assert.throws(
      () => captureLogs(options as object),
      (error: Error & { code?: string }) =>
        error.code === 'OPTION_INVALID' && /captureLogs/.test(error.message),
    )
  }
  assert.is(console.log, before)
})

log.run()
