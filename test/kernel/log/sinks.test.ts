import { configureLogging, getLogger, type LoggingOptions } from 'tomodachi'
import * as assert from 'uvu/assert'
import { loggingSuite, logOne, stderrOf, written } from './written.ts'

const log = loggingSuite('log sinks')

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
    assert.match(await stderrOf(logOne), /^[\d:.]{12} {2}warn {3}shop {22}low {2}left=2\n$/)
  },
)

log.run()
