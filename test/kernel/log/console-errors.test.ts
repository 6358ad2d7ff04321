import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { configureLogging, getLogger, topic } from 'tomodachi'
import * as assert from 'uvu/assert'
import { loggingSuite, written } from './written.ts'

const log = loggingSuite('errors in the console format')
log.before.each(() => configureLogging({ logger: 'console', level: 'debug', colors: false }))

const here = 'test/kernel/log/console-errors.test.ts'
assert.is(fileURLToPath(import.meta.url), join(process.cwd(), here))

/** What stands below the line of an error. The numbers of lines and columns are left out. */
function below(error: unknown, fields: object = {}): string[] {
  const [text = ''] = written(() => getLogger('shop').error('failed', { error, ...fields }))
  const [line = '', ...rest] = text.trimEnd().split('\n')
  assert.match(line, / {2}failed$/, 'the error is told of below')
  return rest.map((each) => each.replaceAll(/(:\d+)+/g, (found) => ':n'.repeat(found.split(':').length - 1)))
}

/** An error that stands under the stack of another, as if it came from there. */
function errorFrom(frames: readonly string[], message = 'no'): Error {
  const error = new Error(message)
  error.stack = [`Error: ${message}`, ...frames.map((frame) => `    at ${frame}`)].join('\n')
  return error
}

function inner(): never {
  throw new TypeError('wrong')
}

function caught(action: () => unknown): unknown {
  try {
    return action()
  } catch (error) {
    return error
  }
}

log('where it failed stands first, then the frames of the user alone, relative to the directory', () => {
  const [first, second, ...more] = below(caught(inner))
  assert.is(first, `    ${here}:n  TypeError: wrong`)
  assert.is(second, `        at inner (${here}:n:n)`)
  assert.ok(more.length > 0)
  for (const line of more) assert.match(line, /^ {8}at .*test\/.*\.ts:n:n\)?$/)
})

log('frames of node, of packages and of this library are left out', () => {
  const cwd = process.cwd()
  const frames = [
    'node:internal/process/task_queues:95:5',
    'Socket.emit (node:events:524:28)',
    `Object.<anonymous> (${cwd}/node_modules/pkg/index.js:1:2)`,
    `file:///elsewhere/node_modules/@scope/pkg/index.js:1:2`,
    'Array.map (<anonymous>)',
    'async Promise.all (index 0)',
    `eval (eval at run (${cwd}/src/a.ts:1:2), <anonymous>:1:1)`,
    `async Orders.find [as load] (${pathToFileURL(`${cwd}/src/my orders.ts`).href}?v=2:12:20)`,
    `async ${cwd}/src/(group)/b.cjs:3:4`,
    `new Thing (/elsewhere/src/thing.js:5:6)`,
  ]
  assert.equal(below(errorFrom(frames)), [
    '    src/my orders.ts:n  Error: no',
    '        at async Orders.find [as load] (src/my orders.ts:n:n)',
    '        at async src/(group)/b.cjs:n:n',
    '        at new Thing (/elsewhere/src/thing.js:n:n)',
  ])
  const thrown = caught(() => topic('', {})) as Error
  assert.match(thrown.stack ?? '', '/dist/kernel/')
  assert.ok(below(thrown).every((line) => !line.includes('dist/')))
})

log('without a frame of the user, the first frame is shown', async () => {
  const error = await new Promise<Error>((resolve) =>
    connect({ port: 1, host: '127.0.0.1' }).on('error', resolve),
  )
  const [title, frame = '', facts = '', ...more] = below(error)
  assert.is(title, '    Error: connect ECONNREFUSED 127.0.0.1:n')
  assert.match(frame, /^ {8}at .*node:net:n:n\)$/)
  assert.equal(more, [])
  assert.match(facts, /^ {8}code=ECONNREFUSED errno=-\d+ syscall=connect address=127\.0\.0\.1 port=1$/)
})

log('causes, held errors and further fields, each with its own place', () => {
  const at = (file: string) => [`work (${process.cwd()}/src/${file}:1:2)`, 'node:internal/x:1:1']
  const cause = Object.assign(errorFrom(at('cause.ts'), 'inner'), { code: 'E_INNER' })
  const held = [errorFrom(at('one.ts'), 'one'), 'text', errorFrom(at('two.ts'), 'two')]
  const error = Object.assign(errorFrom(at('outer.ts'), 'outer'), { cause, errors: held })
  assert.equal(below(error, { error2: errorFrom(at('other.ts'), 'other') }), [
    '    src/outer.ts:n  Error: outer',
    '        at work (src/outer.ts:n:n)',
    '    caused by: src/cause.ts:n  Error: inner',
    '        at work (src/cause.ts:n:n)',
    '        code=E_INNER',
    '        src/one.ts:n  Error: one',
    '            at work (src/one.ts:n:n)',
    '        text',
    '        src/two.ts:n  Error: two',
    '            at work (src/two.ts:n:n)',
    '    error2: src/other.ts:n  Error: other',
    '        at work (src/other.ts:n:n)',
  ])
})

log('the title is what the error says now; messages of several lines are indented', () => {
  const frames = [`work (${process.cwd()}/src/a.ts:1:2)`]
  const renamed = Object.assign(errorFrom(frames, 'a\n    at forged (/b.ts:1:2)\u001b[2J'), {
    name: 'Renamed',
  })
  assert.equal(below(renamed), [
    '    src/a.ts:n  Renamed: a',
    '            at forged (/b.ts:n:n)\\u001b[2J',
    '        at work (src/a.ts:n:n)',
  ])
  const silent = Object.assign(new RangeError(), { stack: 'RangeError\n    at node:x:1:2' })
  assert.equal(below(silent), ['    RangeError', '        at node:x:n:n'])
  assert.equal(below(Object.assign(new Error('bare'), { stack: 'nothing of use' })), ['    Error: bare'])
})

log('a file that cannot be loaded is shown with the line that is wrong', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tomodachi-console-'))
  try {
    const path = join(folder, 'bad.mjs')
    writeFileSync(path, "import { missing } from 'node:fs'\n")
    const error = await import(pathToFileURL(path).href).catch((thrown: unknown) => thrown)
    const text = below(error).join('\n')
    assert.match(text, 'bad.mjs:n\n')
    assert.match(text, "import { missing } from 'node:fs'")
    assert.match(
      text,
      "SyntaxError: The requested module 'node:fs' does not provide an export named 'missing'",
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})

log.run()
