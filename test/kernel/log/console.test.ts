import { styleText } from 'node:util'
import { configureLogging, getLogger } from 'tomodachi'
import * as assert from 'uvu/assert'
import { loggingSuite, written } from './written.ts'

const log = loggingSuite('console format')
log.before.each(() => configureLogging({ logger: 'console', level: 'debug', colors: false }))

const styled = (style: Parameters<typeof styleText>[0], text: string) =>
  styleText(style, text, { validateStream: false })

/** What is written of one record: its line, and those below. */
function linesOf(action: () => void): string[] {
  const [text = '', ...more] = written(action)
  assert.equal(more, [])
  assert.ok(text.endsWith('\n'))
  return text.slice(0, -1).split('\n')
}

log('one line: time, level, logger, message, fields; values are quoted where they must be', () => {
  const fields = { key: 'value', key2: 'two words', list: [1, { a: 'b' }], none: null, equation: 'a=b' }
  const [line = ''] = linesOf(() => getLogger('tomodachi.http').info('message', fields))
  assert.match(
    line,
    /^\d\d:\d\d:\d\d\.\d{3} {2}info {3}tomodachi\.http {12}message {2}key=value key2="two words" list=\[1,\{"a":"b"\}\] none=null equation="a=b"$/,
  )
})

log('the message begins in the same column, however long level and name are', () => {
  const names = [
    'a',
    'tomodachi.http.response',
    'tomodachi.schedule.handler',
    'x'.repeat(99),
    'å.😀'.repeat(30),
  ]
  const columns = names.flatMap((name) => {
    const logger = getLogger(name)
    return [logger.debug, logger.info, logger.warn, logger.error].map((method) =>
      linesOf(() => method('message'))[0]?.indexOf('message'),
    )
  })
  assert.equal(new Set(columns), new Set([47]))
})

log('a long name keeps what tells it from others', () => {
  const shown = (name: string) =>
    linesOf(() => getLogger(name).info('message'))[0]
      ?.slice(21, 47)
      .trimEnd()
  assert.is(shown('tomodachi.http.response'), 'tomodachi.http.response')
  assert.is(shown('tomodachi.schedule.handler'), 't.schedule.handler')
  assert.is(shown('company.department.orders.billing.invoices'), 'c.d.o.billing.invoices')
  assert.is(shown(`shop.${'x'.repeat(40)}`), `s.${'x'.repeat(21)}…`)
})

log('level and status are coloured, fields and time dimmed, and nothing else', () => {
  configureLogging({ colors: true })
  const [line = ''] = linesOf(() => getLogger('c').error('message', { key: 1, other: 'two words' }))
  const [time = ''] = /\d\d:\d\d:\d\d\.\d{3}/.exec(line) ?? []
  const fields = [styled('dim', 'key=1'), styled('dim', 'other="two words"')].join(' ')
  assert.is(
    line,
    `${styled('dim', time)}  ${styled('red', 'error')}  ${'c'.padEnd(24)}  ${styled('bold', 'message')}  ${fields}`,
  )
  const [warning = ''] = linesOf(() => getLogger('c').warn('message'))
  assert.match(warning, `${styled('yellow', 'warn ')}  ${'c'.padEnd(24)}  message`)
})

log('values of any kind stay on their line, harmless and not too long', () => {
  const [line = '', ...more] = linesOf(() =>
    getLogger('c').info('m', {
      lines: 'a\nb\r\nc\u2028d',
      escape: '\u001b[2J\u009b1m\u0007',
      reordered: 'a\u202eb\u200fc\u061cd',
      nested: { text: 'x\ny', list: ['\u001b]0;title\u0007'] },
      unicode: 'å日本語👩‍👩‍👧',
      long: 'y'.repeat(5_000),
      longList: Array(90).fill('item'),
      'k\n\u001b[1m': 1,
      cutPair: `${'z'.repeat(298)}😀😀`,
    }),
  )
  assert.equal(more, [])
  assert.not.match(line, /[\p{Cc}\p{Zl}\u202e\u200f\u061c]/u)
  for (const shown of [
    'lines="a\\nb\\r\\nc\\u2028d"',
    'escape="\\u001b[2J\\u009b1m\\u0007"',
    'reordered=a\\u202eb\\u200fc\\u061cd',
    'nested={"text":"x\\ny","list":["\\u001b]0;title\\u0007"]}',
    'unicode=å日本語👩‍👩‍👧 ',
    `long=${'y'.repeat(299)}… `,
    '"k\\n\\u001b[1m"=1',
    `cutPair=${'z'.repeat(298)}…`,
  ])
    assert.ok(line.includes(shown), `${shown} in ${line}`)
  assert.ok(line.isWellFormed())
  assert.ok(line.length < 1_500, `${line.length}`)
})

log('further lines of a message are indented, and cannot look like records', () => {
  const lines = linesOf(() => getLogger('c').info('first\n12:00:00.000  error  forged\u001b[2J', { a: 1 }))
  assert.match(lines[0] ?? '', / {2}first$/)
  assert.equal(lines.slice(1), ['    12:00:00.000  error  forged\\u001b[2J  a=1'])
})

log('a record without a message or fields ends without spaces', () => {
  assert.match(linesOf(() => getLogger('c').info(''))[0] ?? '', / {2}c$/)
  assert.match(linesOf(() => getLogger('c').info('', { a: 1 }))[0] ?? '', / {2}c {25}a=1$/)
})

log.run()
