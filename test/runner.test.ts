// time limit: 240 s
// node: 24 only
// coverage: none
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const RUN = fileURLToPath(new URL('./run.ts', import.meta.url))
const PRELUDE = `import { suite } from ${JSON.stringify(import.meta.resolve('uvu'))}\nconst it = suite('fixture')\n`
const PASSING = `it('passes', () => {})\nit.run()\n`

const runner = suite('test runner')

interface Run {
  exitCode: number | null
  output: string
  lastLine: string | undefined
}

/** Runs our runner over a folder that holds these files. */
async function run(files: Record<string, string>, ...options: string[]): Promise<Run> {
  const root = mkdtempSync(join(tmpdir(), 'runner-'))
  for (const [name, source] of Object.entries(files)) writeFileSync(join(root, name), source)
  const child = spawn(process.execPath, [RUN, '--root', root, '--no-again', ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [exitCode, stdout, stderr] = await Promise.all([
    new Promise<number | null>((resolve) => child.once('close', resolve)),
    text(child.stdout),
    text(child.stderr),
  ])
  rmSync(root, { recursive: true })
  return { exitCode, output: stdout + stderr, lastLine: stdout.trimEnd().split('\n').at(-1) }
}

runner('sums over files, shows the output of none that passes', async () => {
  const result = await run({
    'one.test.ts': `${PRELUDE}it('says so', () => console.log('noise'))\n${PASSING}`,
    'two.test.ts': PRELUDE + PASSING,
  })
  assert.is(result.lastLine, '3 passed, 0 failed')
  assert.is(result.exitCode, 0)
  assert.not.match(result.output, /noise/)
})

runner('shows all output with --verbose', async () => {
  const files = { 'one.test.ts': `${PRELUDE}it('says so', () => console.log('noise'))\n${PASSING}` }
  assert.match((await run(files, '--verbose')).output, /noise/)
})

runner('takes a part of the name as a filter', async () => {
  const result = await run({ 'one.test.ts': PRELUDE + PASSING, 'two.test.ts': '' }, 'one')
  assert.is(result.lastLine, '1 passed, 0 failed')
})

runner('fails when no file matches', async () => {
  const result = await run({ 'one.test.ts': PRELUDE + PASSING }, 'three')
  assert.match(result.output, /no test file found/)
  assert.is(result.exitCode, 1)
})

runner('counts skipped tests', async () => {
  const result = await run({ 'one.test.ts': `${PRELUDE}it.skip('later', () => {})\n${PASSING}` })
  assert.is(result.lastLine, '1 passed, 0 failed, 1 skipped')
})

/** Files that must be reported: what the runner says of each, and the totals that it ends with. */
const faulty: Record<string, { source: string; says: RegExp; totals: string }> = {
  'a failing test': {
    source: `it('is wrong', () => { throw new Error('the reason') })\n${PASSING}`,
    says: /is wrong[\s\S]*the reason/,
    totals: '1 passed, 1 failed',
  },
  'a forgotten run': {
    source: `it('passes', () => {})\n`,
    says: /ran no test/,
    totals: '0 passed, 1 failed',
  },
  'a file that does not load': {
    source: `throw new Error('broken at load')`,
    says: /ended before its tests were done \(exit code 1\)[\s\S]*broken at load/,
    totals: '0 passed, 2 failed',
  },
  'a test that never ends': {
    source: `it('waits', () => new Promise(() => {}))\nit.run()\n`,
    says: /ended before its tests were done \(exit code 13\)/,
    totals: '0 passed, 1 failed',
  },
  'an exit in the middle': {
    source: `it('leaves', () => process.exit(0))\n${PASSING}`,
    says: /ended before its tests were done \(exit code 0\)/,
    totals: '0 passed, 1 failed',
  },
  'a timer left running': {
    source: `it('starts a timer', () => { setInterval(() => {}, 1000) })\nit.run()\n`,
    says: /left open after the tests were done: .*Timeout/,
    totals: '1 passed, 1 failed',
  },
  'a server left listening': {
    source: `import { createServer } from 'node:net'\nit('listens', () => { createServer().listen(0) })\nit.run()\n`,
    says: /left open after the tests were done: .*TCPSERVERWRAP|TCPServerWrap/i,
    totals: '1 passed, 1 failed',
  },
  'a process left running': {
    source: `import { spawn } from 'node:child_process'
it('spawns', () => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }).unref())
it.run()\n`,
    says: /left a process running/,
    totals: '1 passed, 1 failed',
  },
  'an unhandled rejection': {
    source: `it('rejects', async () => { Promise.reject(new Error('nobody waits')); await new Promise(setImmediate) })
it.run()\n`,
    says: /unhandled rejection: Error: nobody waits/,
    totals: '1 passed, 1 failed',
  },
  'a throw in a callback': {
    source: `it('throws', async () => {
  setImmediate(() => { throw new Error('out of reach') })
  await new Promise((resolve) => setTimeout(resolve, 50))
})\nit.run()\n`,
    says: /uncaught exception: Error: out of reach/,
    totals: '0 passed, 2 failed',
  },
  'a before hook that throws': {
    source: `it.before(() => { throw new Error('no set-up') })\n${PASSING}`,
    says: /1 of 1 tests did not run: a hook threw/,
    totals: '0 passed, 1 failed',
  },
}

const faultyRuns = new Map<string, Promise<Run>>()
runner.before(() => {
  // Most of the time goes by in waiting, so they wait together.
  for (const [title, { source }] of Object.entries(faulty)) {
    faultyRuns.set(title, run({ 'faulty.test.ts': PRELUDE + source }))
  }
})

for (const [title, { says, totals }] of Object.entries(faulty)) {
  runner(`fails for ${title}`, async () => {
    const result = await faultyRuns.get(title)
    assert.match(result?.output ?? '', says)
    assert.is(result?.lastLine, totals)
    assert.is(result?.exitCode, 1)
  })
}

runner('ends a file at its time limit', async () => {
  const source = `// time limit: 1 s\n${PRELUDE}it('waits', () => new Promise((resolve) => setTimeout(resolve, 60_000)))\nit.run()\n`
  const result = await run({ 'slow.test.ts': source })
  assert.match(result.output, /took longer than 1 s/)
  assert.is(result.lastLine, '0 passed, 1 failed')
  assert.is(result.exitCode, 1)
})

/** A file that fails the first time that it runs in this folder. */
const unlucky = `import { existsSync, writeFileSync } from 'node:fs'
it('fails once', () => {
  const mark = import.meta.filename + '.seen'
  if (existsSync(mark)) return
  writeFileSync(mark, '')
  throw new Error('bad luck')
})\nit.run()\n`

runner('gives what has failed a second run with --again, and says so', async () => {
  const files = { 'one.test.ts': PRELUDE + PASSING, 'unlucky.test.ts': PRELUDE + unlucky }
  assert.is((await run(files)).lastLine, '1 passed, 1 failed')
  const result = await run(files, '--again')
  assert.match(result.output, /FAIL unlucky[\s\S]*bad luck[\s\S]*ok +unlucky[\s\S]*FLAKY unlucky\.test\.ts/)
  assert.is(result.lastLine, '2 passed, 0 failed')
  assert.is(result.exitCode, 0)
})

runner('fails for what fails again', async () => {
  const source = `${PRELUDE}it('is wrong', () => { throw new Error('the reason') })\nit.run()\n`
  const result = await run({ 'wrong.test.ts': source }, '--again')
  assert.is(result.output.match(/FAIL wrong/g)?.length, 2)
  assert.is(result.lastLine, '0 passed, 1 failed')
  assert.is(result.exitCode, 1)
})

runner('does not take the failure of many files for bad luck', async () => {
  const files = [1, 2, 3, 4].map((number) => [`unlucky-${number}.test.ts`, PRELUDE + unlucky])
  const result = await run(Object.fromEntries(files), '--again')
  assert.not.match(result.output, /FLAKY/)
  assert.is(result.lastLine, '0 passed, 4 failed')
  assert.is(result.exitCode, 1)
})

runner('leaves out what is for the own Node only, on another Node; runs on several', async () => {
  const files = {
    'everywhere.test.ts': PRELUDE + PASSING,
    'here.test.ts': `// node: 24 only\n${PRELUDE}${PASSING}`,
  }
  const elsewhere = `${process.execPath.replace(/node$/, '')}./node`
  assert.is((await run(files)).lastLine, '2 passed, 0 failed')
  assert.is((await run(files, '--node', elsewhere)).lastLine, '1 passed, 0 failed')
  const both = await run(files, '--node', process.execPath, '--node', elsewhere)
  assert.is(both.lastLine, '3 passed, 0 failed')
  assert.match(both.output, `everywhere.test.ts on Node ${elsewhere}  1 passed`)
})

runner('collects no coverage from files that say so', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'coverage-'))
  const look = `it('looks', () => console.log('\\nlooked:', import.meta.filename, process.env.NODE_V8_COVERAGE))\nit.run()\n`
  const files = { 'some.test.ts': PRELUDE + look, 'none.test.ts': `// coverage: none\n${PRELUDE}${look}` }
  const before = process.env.NODE_V8_COVERAGE
  process.env.NODE_V8_COVERAGE = folder
  const running = run(files, '--verbose')
  if (before === undefined) delete process.env.NODE_V8_COVERAGE
  else process.env.NODE_V8_COVERAGE = before
  const { output } = await running
  assert.match(output, `some.test.ts ${folder}`)
  assert.match(output, 'none.test.ts undefined')
  rmSync(folder, { recursive: true })
})

runner.run()
