// time limit: 120 s
import { spawn, spawnSync } from 'node:child_process'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { binary, fixtures } from './command.ts'
import { isAlive, until } from './workers-command.ts'

const terminal = suite('cli workers in a terminal')

/** util-linux's, which runs a command in a terminal of its own. */
const hasScript = /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '')
const test = hasScript ? terminal : terminal.skip

test('when the terminal goes, all processes do', async () => {
  const command = `'${process.execPath}' '${binary}' run --workers 2 shared.mjs`
  const child = spawn('script', ['--quiet', '--flush', '--command', command, '/dev/null'], {
    cwd: fixtures,
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH ?? '', NO_COLOR: '1' },
  })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk
  })
  await until(
    () => child.exitCode !== null || said.includes('press Ctrl-C to stop'),
    () => `the start in\n${said}`,
  )
  const [, supervisor] = /, pid (\d+), 2 workers/.exec(said) ?? []
  const workers = [...said.matchAll(/worker \d \((\d+)\) started/g)].map(([, pid]) => pid)
  const pids = [supervisor, ...workers].map(Number)
  assert.is(pids.filter(isAlive).length, 3, said)
  child.kill('SIGKILL')
  await until(
    () => !pids.some(isAlive),
    () => `the end of ${pids.filter(isAlive)}`,
  )
})

terminal.run()
