// node: 24 only
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { draw, lifecycle } from 'tomodachi/statecharts'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Command } from './cli/command.ts'
import { documentAt } from './readme/document.ts'
import { scratchFolder } from './scratch.ts'

const test = suite('readme')
const root = fileURLToPath(new URL('../', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const lines = readme.split('\n')

/** The text of the first fenced block of a language. */
function block(language: string): string {
  return new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(readme)?.[1] ?? ''
}

test('the picture of the lifecycle is the machine', () => {
  const { text } = documentAt('statecharts/README.md')
  assert.is(/```mermaid\n(.*?)```/s.exec(text)?.[1], draw(lifecycle))
})

test('the overview has at most 200 lines', () => {
  assert.ok(lines.length <= 200, `${lines.length} lines`)
})

test('name, sentence and a program of at most 15 lines stand by line 25', () => {
  assert.is(lines[0], '# tomodachi')
  const program = block('ts').trimEnd().split('\n')
  assert.ok(program.length <= 15, `${program.length} lines`)
  assert.ok(lines.indexOf(program.at(-1) as string) < 25)
})

test('the first two commands are those that set everything up', () => {
  const [first, second] = block('sh').split('\n')
  assert.match(first as string, /^npm ci && npm start /)
  assert.match(second as string, /^npm ci && npm test /)
})

test('the program runs as it stands', async () => {
  const folder = scratchFolder()
  try {
    writeFileSync(join(folder, 'service.ts'), block('ts').replace('port: 9700', 'port: 0'))
    const command = new Command(['run', 'service.ts'], { cwd: folder })
    await command.prints('press Ctrl-C to stop')
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(command.stdout) ?? []
    assert.is(await (await fetch(`${url}/hello/ada`)).text(), 'Hello, ada!')
    await command.prints('greeted')
    assert.is((await command.endsBy('SIGTERM')).code, 0)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.run()
