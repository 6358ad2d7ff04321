// node: 24 only
// coverage: none
import { execFile, execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cwd, withExample } from './example.ts'

const commands = suite('example commands')

/** Stands in for the programs: says what each was given. */
const stubs = ['curl', 'nc', 'npx', 'npm']
  .map((name) => `${name}() { printf '%s ' ${name} "$@"; }`)
  .join('\n')

/** What a shell makes of a line that was pasted whole. */
function pasted(line: string): string {
  return execFileSync('sh', ['-c', `${stubs}\n${line}`], { encoding: 'utf8', stdio: 'pipe' }).trim()
}

/** The lines that the head of an example has to run and to try. */
function linesOf(name: string): string[] {
  const head = /^(?:\/\/.*\n)+/.exec(readFileSync(join(cwd, 'examples', name), 'utf8'))?.[0] ?? ''
  const lines = head.matchAll(/^\/\/ (?:Run it:|Try it:| {7}) ((?:\w+=\w+ )?(?:curl|nc|npx|npm) .+)$/gm)
  return [...lines].map(([, line = '']) => line)
}

/** With the quotes gone. No comment stands behind a line: zsh, where most people paste, takes it for more words. */
function wordsOf(line: string): string {
  assert.not.match(line, '#')
  return line.replace(/^\w+=\w+ /, '').replaceAll("'", '')
}

/** Runs the line in a shell, with the real curl, against the place where the example listens. */
async function answerTo(line: string, url: string): Promise<string> {
  const here = line.replace('http://127.0.0.1:9700', url).replace(/^curl /, 'curl -sS --fail-with-body ')
  const { stdout } = await promisify(execFile)('sh', ['-c', here], { cwd })
  return stdout
}

for (const name of readdirSync(join(cwd, 'examples')).filter((file) => /^\d\d-/.test(file))) {
  commands(`${name}: each line of its head can be pasted whole into a shell`, () => {
    const lines = linesOf(name)
    assert.ok(lines.length > 0, name)
    for (const line of lines) {
      assert.is(pasted(line), wordsOf(line))
      // A place or a file is where a line ends: no comma and no word of ours behind it.
      assert.match(wordsOf(line), /[\w/]$/)
    }
  })
}

commands('what npm start prints can be pasted whole into a shell', async () => {
  await withExample('02-orders.ts', async (url, { stdout }) => {
    const lines = [...stdout.matchAll(/^ +(curl .+)$/gm)].map(([, line = '']) => line)
    assert.is(lines.length, 6)
    for (const line of lines) {
      assert.is(pasted(line), wordsOf(line))
      assert.match(wordsOf(line), new RegExp(` ${url}/[\\w-]+$`))
    }
  })
})

const answers: Readonly<Record<string, readonly RegExp[]>> = {
  '01-hello.ts': [/ada/],
  '03-middleware.ts': [/bob/, /eve/],
  '04-class.ts': [/ada/, /ada/],
  '06-files.ts': [/^$/, /^.{10}$/s],
  '09-workers.ts': [/./],
}

for (const [name, expected] of Object.entries(answers)) {
  commands(`${name}: the example answers its curl lines`, async () => {
    await withExample(name, async (url) => {
      const lines = linesOf(name).filter((line) => line.startsWith('curl '))
      assert.is(lines.length, expected.length)
      for (const [index, line] of lines.entries())
        assert.match(await answerTo(line, url), expected[index] as RegExp)
    })
  })
}

commands.run()
