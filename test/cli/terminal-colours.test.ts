// time limit: 120 s
// coverage: none
import { spawn, spawnSync } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sample } from '../rounds.ts'
import { binary, fixtures, inherited } from './command.ts'

const terminal = suite('cli colours in a terminal')

/** util-linux's, which runs a command in a terminal of its own. */
const hasScript = /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '')
const test = hasScript ? terminal : terminal.skip

/** What the terminal shows of a service that starts and stops. */
async function shown(env: Readonly<Record<string, string>>): Promise<string> {
  const command = `'${process.execPath}' '${binary}' run --log-level debug plain.mjs`
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
    cwd: fixtures,
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...inherited(), TERM: 'xterm-256color', ...env },
  })
  return text(child.stdout)
}

test('banner and log agree on colours', async () => {
  const cases: [Record<string, string>, boolean][] = [
    [{}, true],
    [{ TERM: 'dumb' }, false],
    [{ NO_COLOR: '1' }, false],
    [{ NO_COLOR: '' }, true],
    [{ NODE_DISABLE_COLORS: '1' }, false],
    [{ CI: 'true' }, false],
    [{ CI: 'true', GITHUB_ACTIONS: 'true' }, true],
    [{ FORCE_COLOR: '0' }, false],
    [{ FORCE_COLOR: '', NO_COLOR: '1' }, false],
    [{ FORCE_COLOR: '1', TERM: 'dumb', NO_COLOR: '1', CI: 'true' }, true],
  ]
  for (const [env, expected] of sample(cases, 4)) {
    const lines = (await shown(env)).split('\n')
    const banner = lines.find((line) => line.includes('press Ctrl-C')) ?? ''
    const record = lines.find((line) => line.includes('transition')) ?? ''
    assert.ok(banner !== '' && record !== '', `${lines}`)
    const painted = [banner, record].map((line) => line.includes('\u001b['))
    assert.equal(painted, [expected, expected], JSON.stringify(env))
  }
})

terminal.run()
