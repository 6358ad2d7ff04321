// time limit: 120 s
// coverage: none
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Command, eachOf, tomodachi } from './command.ts'
import { copied, packageRoot, removeUserFolders, userFolder } from './user-folder.ts'

const copies = suite('cli and the copy of the project')
copies.after(removeUserFolders)

const service = `
  import { exit, Service } from 'tomodachi'
  import { memory } from 'tomodachi/memory'
  const bus = memory()
  export default new Service({
    name: 'orders',
    onStarted() {
      if (process.env.EXIT !== undefined) setImmediate(() => exit(Number(process.env.EXIT)))
    },
    onStop: () => console.log('onStop'),
  }).on(bus.topic('x'), () => {})
  export class Bills extends Service {
    constructor() { super({ name: 'bills', adapters: [bus] }) }
  }`

/** A project with a copy of the package of its own, which calls itself version 7.7.7. */
function project(texts: Readonly<Record<string, string>> = { 'service.mjs': service }): string {
  const folder = userFolder(texts, copied)
  const file = join(folder, 'node_modules', 'tomodachi', 'package.json')
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string }
  writeFileSync(file, readFileSync(file, 'utf8').replace(`"version": "${version}"`, '"version": "7.7.7"'))
  return folder
}

const banner = /^ {2}bills, orders {2}tomodachi 7\.7\.7, .*, pid (\d+)/m

copies(
  'a global command has the copy of the project run, in its own process, with its exit code',
  async () => {
    const cwd = project()
    for (const exitCode of ['0', '7']) {
      const command = new Command(['run', 'service.mjs'], { cwd, env: { EXIT: exitCode } })
      const { pid } = command.child
      const { code, stdout } = await command.ends()
      assert.is(Number(banner.exec(stdout)?.[1]), pid, stdout)
      assert.is(code, Number(exitCode))
    }
  },
)

copies('from another folder, by a path, without its ending, in TypeScript', async () => {
  const cwd = project({ 'service.mjs': service, 'typed.ts': `${service}\nexport const typed: string = ''` })
  const elsewhere = userFolder({}, () => {})
  await eachOf(
    [
      { words: `run ${join(cwd, 'service.mjs')}`, cwd: elsewhere, env: { EXIT: '0' } },
      { words: 'start service', cwd, env: { EXIT: '0' } },
      { words: '--logger json run typed.ts', cwd, env: { EXIT: '0' } },
    ],
    ({ code, stdout, stderr }, { words }) => {
      assert.match(stdout, banner, words + stderr)
      assert.is(code, 0, words)
    },
  )
})

copies('signals and workers are those of the copy', async () => {
  const cwd = project()
  for (const words of [
    ['run', 'service.mjs'],
    ['run', '--workers', '2', 'service.mjs'],
  ]) {
    const command = new Command(words, { cwd })
    await command.prints('press Ctrl-C to stop')
    const { code, stdout } = await command.endsBy('SIGTERM')
    assert.match(stdout, banner)
    assert.match(stdout + command.stderr, 'onStop')
    assert.is(code, 0)
  }
})

copies('wrong usage and dead letters are those of the copy too', async () => {
  const cwd = project()
  await eachOf(
    [
      { words: 'run --nonsense service.mjs', cwd, expected: 2, said: /there is no option --nonsense/ },
      { words: 'dlq ls --json service.mjs', cwd, expected: 0, said: /"name": "x.dead"/ },
      { words: 'run nowhere.mjs', cwd, expected: 1, said: /there is no such file/ },
    ],
    ({ code, stdout, stderr }, { words, expected, said }) => {
      assert.match(stdout + stderr, said, words)
      assert.is(code, expected, words)
    },
  )
})

copies(
  'two projects with a copy each: the first has its copy, the second is told from files without any',
  async () => {
    const [cwd, other] = [project(), project()]
    const { code, stderr } = await tomodachi(`run service.mjs ${join(other, 'service.mjs')}`, { cwd })
    assert.match(stderr, `${join(other, 'service.mjs')} uses the copy of tomodachi in ${other}`)
    assert.match(stderr, 'but this command belongs to the copy in node_modules/tomodachi;')
    assert.is(code, 1)
  },
)

copies('a copy that was never built is told of', async () => {
  const cwd = project()
  rmSync(join(cwd, 'node_modules', 'tomodachi', 'dist', 'kernel', 'cli'), { recursive: true })
  const { code, stderr } = await tomodachi('run service.mjs', { cwd })
  const other = join('node_modules', 'tomodachi')
  assert.is(
    stderr,
    `tomodachi: service.mjs uses the copy of tomodachi in ${other}, but this command belongs to the copy in ${packageRoot}; run ${other}/dist/kernel/cli/main.js instead\n`,
  )
  assert.is(code, 1)
})

copies.run()
