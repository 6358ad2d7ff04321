// node: 24 only
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
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

/** Without a comment, and with the quotes gone. */
function wordsOf(line: string): string {
  return line
    .replace(/ +#.*$/, '')
    .replace(/^\w+=\w+ /, '')
    .replaceAll("'", '')
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

commands.run()
