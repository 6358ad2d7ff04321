import { captureLogs, configureLogging } from 'tomodachi'
import * as assert from 'uvu/assert'
import { captured, capturing } from './capturing.ts'
import { loggingSuite } from './written.ts'

const log = loggingSuite('captured debug')

// As the package debug 4.4.3 and its fork obug wrote them.
const debugLines = {
  plain: "2026-11-24T11:05:30.047Z app:db query { a: 1, token: 'hunter2' } x\n",
  lines: '2026-11-24T11:05:30.048Z app:db two\nlines\n',
  empty: '2026-11-24T11:05:30.049Z app:db \n',
  coloured:
    '  \u001b[31;1mapp:db \u001b[0mtwo { a: \u001b[33m1\u001b[39m }\n  \u001b[31;1mapp:db \u001b[0mlines \u001b[31m+1ms\u001b[0m\n',
  palette: '  \u001b[38;5;204;1mapp:db \u001b[0mone \u001b[38;5;204m+15m\u001b[0m\n',
}

log('what the package debug writes is logged under its namespace, with and without colours', () => {
  process.env.DEBUG = 'app:*,-app:secret'
  const write = (text: string) => void process.stderr.write(text)
  const records = captured('debug', () => Object.values(debugLines).forEach(write))
  assert.equal(
    records.map(({ logger, level, message }) => [logger, level, message]),
    ["query { a: 1, token: '[redacted]' } x", 'two\nlines', '', 'two { a: 1 }\nlines', 'one'].map(
      (message) => ['debug.app:db', 'debug', message],
    ),
  )
})

log('DEBUG says what is written, unless a level for debug does', () => {
  process.env.DEBUG = 'app:*'
  configureLogging({ level: 'error' })
  const write = () => void process.stderr.write(debugLines.plain)
  assert.is(captured('debug', write).length, 1)
  for (const name of ['debug', 'debug.app', 'debug.app:db']) {
    configureLogging({ levels: { [name]: 'info' } })
    assert.is(captured('debug', write).length, 0, name)
  }
  configureLogging({ levels: {} })
})

log('all else on stderr stays what it is', () => {
  const line = debugLines.plain
  const others = ['text\n', line.slice(0, -1), line.replace('app:db', 'other'), '  indented\n']
  const stays = (texts: readonly string[], enabled: string) => {
    process.env.DEBUG = enabled
    const print = () => texts.forEach((text) => void process.stderr.write(text))
    assert.equal(capturing('debug', print), texts, enabled)
  }
  stays(others, 'app:*')
  stays([...others, line], 'app:*,-app:db')
  stays([...others, line], 'app')
  stays([...others, line], '')
  delete process.env.DEBUG
  const written = capturing('debug', () => void process.stderr.write(line))
  assert.equal(written, [line])
})

log('who writes to stderr is called back, captured or not', async () => {
  process.env.DEBUG = 'app:*'
  const undo = captureLogs({ console: false, warnings: false, uncaught: false })
  configureLogging({ level: 'error,debug=error' })
  await new Promise<void>((resolve) => void process.stderr.write(debugLines.plain, () => resolve()))
  await new Promise<void>((resolve) => void process.stderr.write(debugLines.plain, 'utf8', () => resolve()))
  await new Promise<void>((resolve) => void process.stderr.write('', () => resolve()))
  undo()
  configureLogging({ levels: {} })
  delete process.env.DEBUG
})

log.run()
