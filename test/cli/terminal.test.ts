// time limit: 120 s
// coverage: none
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { binary, fixtures, inherited } from './command.ts'
import { isAlive, until } from './workers-command.ts'

const terminals = suite('cli in a terminal')

/** util-linux's, which runs a command in a terminal of its own. */
const hasScript = /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '')
const test = hasScript ? terminals : terminals.skip

/** The command in a terminal of its own. */
class Terminal {
  readonly child: ChildProcessByStdio<Writable, Readable, null>
  said = ''

  constructor(words: string) {
    const command = `'${process.execPath}' '${binary}' run ${words}`
    this.child = spawn('script', ['--quiet', '--flush', '--command', command, '/dev/null'], {
      cwd: fixtures,
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...inherited(), NO_COLOR: '1' },
    })
    this.child.stdout.on('data', (chunk: Buffer) => {
      this.said += chunk
    })
  }

  async says(text: string): Promise<void> {
    await until(
      () => this.child.exitCode !== null || this.said.includes(text),
      () => `${text} in\n${this.said}`,
    )
  }

  /** Every process of the command. */
  get pids(): number[] {
    const [, first] = /, pid (\d+)/.exec(this.said) ?? []
    const workers = [...this.said.matchAll(/worker \d \((\d+)\) started/g)].map(([, pid]) => pid)
    return [first, ...workers].map(Number)
  }

  get url(): string {
    return /http:\/\/127\.0\.0\.1:\d+/.exec(this.said)?.[0] ?? ''
  }
}

for (const [words, processes, how] of [
  ['', 1, ''],
  ['--workers 2', 3, ', with workers'],
  ['--workers 2 2>/dev/null', 1, ', with workers whose log goes elsewhere'],
  ['--workers 2 2>&1 | cat', 3, ', with workers behind a pipe'],
] as const) {
  test(`when the terminal goes, requests under way are answered, and all processes go${how}`, async () => {
    const terminal = new Terminal(words.replace(/(--workers 2)? ?(.*)/, '$1 shared.mjs $2').trim())
    await terminal.says('press Ctrl-C to stop')
    const { pids, url } = terminal
    assert.is(pids.filter(isAlive).length, processes, terminal.said)
    const slow = fetch(`${url}/slow`)
    // A line of its own: the banner ends one with this path.
    await terminal.says('\nslow\r\n')
    terminal.child.kill('SIGKILL')
    assert.is(await (await slow).text(), 'slow')
    await until(
      () => !pids.some(isAlive),
      () => `the end of ${pids.filter(isAlive)}`,
    )
  })
}

terminals.run()
