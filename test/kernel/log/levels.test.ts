import { configureLogging, getLogger, type LoggingOptions } from 'tomodachi'
import * as assert from 'uvu/assert'
import { loggingSuite, written } from './written.ts'

const log = loggingSuite('log levels')

log.after.each(() => configureLogging({ levels: {} }))

/** The levels at which a logger writes now, from the lowest. */
function levelsOf(name: string): string {
  const logger = getLogger(name)
  return (['debug', 'info', 'warn', 'error'] as const)
    .filter((level) => written(() => logger[level]('x')).length > 0)
    .join(' ')
}

const all = 'debug info warn error'

log('the longest name that a logger is, or lies below, decides; the others keep the common level', () => {
  getLogger('made.before.it')
  const text = 'warning, shop=error, shop.http=info ,shop.http.response=DEBUG,made.before=debug'
  const { level, levels }: LoggingOptions = {
    level: 'warning',
    levels: {
      shop: 'error',
      'shop.http': 'info',
      'shop.http.response': 'debug',
      'made.before': 'debug',
    },
  }
  for (const options of [{ level: text }, { level, levels }]) {
    configureLogging(options)
    const found = [
      'other',
      'shop',
      'shop.db',
      'shop.http',
      'shop.https',
      'shop.http.response.x',
      'made.before.it',
    ]
    assert.equal(
      found.map((name) => [name, levelsOf(name)]),
      [
        ['other', 'warn error'],
        ['shop', 'error'],
        ['shop.db', 'error'],
        ['shop.http', 'info warn error'],
        ['shop.https', 'error'],
        ['shop.http.response.x', all],
        ['made.before.it', all],
      ],
    )
    configureLogging({ level: 'info', levels: {} })
  }
})

log('a common level leaves single ones as they are; new single ones replace the old', () => {
  configureLogging({ level: 'shop=debug' })
  assert.equal([levelsOf('shop'), levelsOf('other')], [all, 'info warn error'])
  configureLogging({ level: 'error' })
  assert.equal([levelsOf('shop'), levelsOf('other')], [all, 'error'])
  configureLogging({ level: 'info,bank=error', levels: { bank: 'debug', crm: 'error' } })
  assert.equal([levelsOf('shop'), levelsOf('bank'), levelsOf('crm')], ['info warn error', all, 'error'])
  configureLogging({ levels: {} })
  assert.is(levelsOf('crm'), 'info warn error')
  configureLogging({ level: 'debug,shop=debug', logger: 'disabled' })
  assert.is(levelsOf('shop'), '')
})

log('names that objects inherit are no levels', () => {
  configureLogging({ level: 'error,__proto__=debug' })
  assert.equal(['__proto__', 'constructor', 'toString.x'].map(levelsOf), [all, 'error', 'error'])
})

log('levels that cannot be read are refused, and nothing changes', () => {
  const cases: [code: string, options: object][] = [
    ['LOG_LEVEL_INVALID', { level: 'info,shop=loud' }],
    ['LOG_LEVEL_INVALID', { level: 'shop' }],
    ['LOG_LEVEL_INVALID', { level: '' }],
    ['LOG_LEVEL_INVALID', { levels: { shop: 'loud' } }],
    ['OPTION_INVALID', { level: 'info,debug' }],
    ['OPTION_INVALID', { level: 'shop=debug,shop=info' }],
    ['OPTION_INVALID', { level: 'info,' }],
    ['OPTION_INVALID', { level: 'shop=' }],
    ['OPTION_INVALID', { level: '=debug' }],
    ['OPTION_INVALID', { levels: { '': 'debug' } }],
    ['OPTION_INVALID', { levels: null }],
    ['OPTION_INVALID', { levels: 'debug' }],
  ]
  configureLogging({ level: 'warn,shop=debug' })
  for (const [code, options] of cases) {
    assert.throws(
      () => configureLogging(options as LoggingOptions),
      (error: Error & { code?: string }) => error.code === code,
      JSON.stringify(options),
    )
    assert.equal([levelsOf('shop'), levelsOf('other')], [all, 'warn error'], JSON.stringify(options))
  }
})

log.run()
