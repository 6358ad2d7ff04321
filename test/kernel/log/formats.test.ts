// coverage: none
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { configureLogging, getLogger } from 'tomodachi'
import * as assert from 'uvu/assert'
import { asTerminal, loggingSuite, logOne, stderrOf, written } from './written.ts'

const log = loggingSuite('log formats')

log('the plain format has the time in UTC, one space between parts, and no colours', () => {
  configureLogging({ logger: 'plain' })
  const [line = ''] = written(() => getLogger('p').warn('message', { key: 'two words' }))
  assert.match(line, /^\d{4}-\d\d-\d\dT[\d:.]{12}Z warning p message key="two words"\n$/)
})

log('plain: stacks stand indented below the line, with causes, held errors and further fields', () => {
  configureLogging({ logger: 'plain' })
  const cause = Object.assign(new RangeError('inner'), { code: 'E_INNER' })
  const error = new AggregateError([new Error('held')], 'outer', { cause })
  const [lines = ''] = written(() => getLogger('e').error('failed', { error, error2: new Error('other') }))
  const [first = '', ...rest] = lines.trimEnd().split('\n')
  assert.match(first, / failed error="AggregateError: outer" error2="Error: other"$/)
  assert.ok(rest.every((line) => line.startsWith('    ')))
  assert.is(rest[0], '    AggregateError: outer')
  assert.match(rest[1] ?? '', /^ {8}at /)
  for (const line of [
    'caused by: RangeError: inner',
    '    code=E_INNER',
    '    Error: held',
    'error2: Error: other',
  ])
    assert.ok(rest.includes(`    ${line}`), line)
})

log('what is logged can neither forge a line nor move the cursor', () => {
  configureLogging({ logger: 'plain' })
  const [line = ''] = written(() =>
    getLogger('f').info('a\n2026 error b\r\u001b[2J', { 'k\n': 'v\u009b1m\n' }),
  )
  assert.is(line.split('\n').length, 3)
  assert.match(line, '\n    2026 error b\\u000d\\u001b[2J "k\\n"="v\\u009b1m\\n"\n')
})

log('the name of a logger can neither forge a line nor move the cursor', () => {
  for (const logger of ['plain', 'console'] as const) {
    configureLogging({ logger })
    const [line = ''] = written(() => getLogger('shop\n2026 error\u001b[2J\u202e').info('x'))
    assert.match(
      line,
      logger === 'plain' ? ' shop\\u000a2026 error\\u001b[2J\\u202e ' : ' shop\\u000a2026 error\\u0…',
    )
    assert.is(line.indexOf('\n'), line.length - 1)
  }
})

log('colours: a terminal has them, NO_COLOR, TERM=dumb and CI take them, FORCE_COLOR decides', async () => {
  const cases: [string, Record<string, string>, boolean][] = [
    [asTerminal, {}, true],
    [asTerminal, { TERM: 'dumb' }, false],
    [asTerminal, { CI: 'true' }, false],
    [asTerminal, { CI: 'true', GITHUB_ACTIONS: 'true' }, true],
    [asTerminal, { NODE_DISABLE_COLORS: '1' }, false],
    ['', { FORCE_COLOR: '1', TERM: 'dumb' }, true],
    ['', { FORCE_COLOR: '' }, false],
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
