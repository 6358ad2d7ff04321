import { configureLogging, getLogger, type LoggingOptions } from 'tomodachi'
import * as assert from 'uvu/assert'
import { logged, loggingSuite, written } from './written.ts'

const log = loggingSuite('log records')

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

log.run()
