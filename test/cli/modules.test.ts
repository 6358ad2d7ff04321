// time limit: 120 s
// coverage: none
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sample } from '../rounds.ts'
import { eachOf, tomodachi } from './command.ts'
import { linked, removeUserFolders, userFolder } from './user-folder.ts'

const modules = suite('cli modules')
modules.after(removeUserFolders)

/** The names of the services in the banner, or why there is none. */
function servicesIn({ stdout, stderr }: { stdout: string; stderr: string }): string {
  return /^ {2}(.+) {2}tomodachi \d/m.exec(stdout)?.[1] ?? stderr
}

const begun = `
  const { exit, Service } = require('tomodachi')
  const { memory } = require('tomodachi/memory')
  const onStarted = () => void setImmediate(() => exit())
  const service = (name) => new Service({ name, adapters: [memory()], onStarted })
  class Orders extends Service { constructor() { super({ name: 'class', adapters: [memory()], onStarted }) } }
  const isModule = () => Object.defineProperty(exports, '__esModule', { value: true })
`

modules('services of CommonJS, however they are exported', async () => {
  const cases = [
    ['module.exports = service("whole")', 'whole'],
    ['module.exports = { default: service("default") }', 'default'],
    ['module.exports = { default: service("both"), other: service("other") }', 'both, other'],
    ['exports.default = service("property")', 'property'],
    ['exports.orders = service("named")', 'named'],
    ['module.exports = { orders: service("one"), bills: service("two") }', 'one, two'],
    ['isModule(); exports.default = service("compiled")', 'compiled'],
    ['isModule(); exports.default = { default: service("twice") }', 'twice'],
    ['module.exports = Orders', 'class'],
    ['module.exports = { default: Orders }', 'class'],
    ['exports.default = Orders; exports.Orders = Orders', 'class'],
    ['module.exports = service("itself"); module.exports.default = module.exports', 'itself'],
    ['const own = { a: service("circle") }; own.default = own; module.exports = own', 'circle'],
  ] as const
  const texts = Object.fromEntries(cases.map(([text], index) => [`case${index}.cjs`, begun + text]))
  const cwd = userFolder(texts, linked)
  await eachOf(
    sample(
      cases.map(([text, expected], index) => ({ words: `run case${index}.cjs`, cwd, text, expected })),
      2,
    ),
    (outcome, { text, expected }) => {
      assert.is(servicesIn(outcome), expected, text)
      assert.is(outcome.code, 0, text)
    },
  )
})

// Node 22 cannot require a second ES module of a package while a loader such as tsx is registered.
const commonJs = process.version.startsWith('v22.') ? modules.skip : modules
commonJs('TypeScript that says it is CommonJS', async () => {
  const assigned = `
    import tomodachi = require('tomodachi')
    import memory = require('tomodachi/memory')
    const onStarted = (): void => void setImmediate(() => tomodachi.exit())
    export = new tomodachi.Service({ name: 'assigned', adapters: [memory.memory()], onStarted })`
  const cwd = userFolder(
    {
      'assigned.cts': assigned,
      'assigned.ts': assigned,
      'default.cts': assigned
        .replace('assigned', 'default')
        .replace('export =', 'const service =')
        .concat('\nexport default service'),
    },
    linked,
  )
  await eachOf(
    [
      { words: 'run assigned.cts', cwd, expected: 'assigned' },
      { words: 'run assigned.ts', cwd, expected: 'assigned' },
      { words: 'run default.cts', cwd, expected: 'default' },
    ],
    (outcome, { words, expected }) => assert.is(servicesIn(outcome), expected, words),
  )
})

/** A folder with a service that needs its own tsconfig.json: an alias, and a factory of JSX. */
function configured(name: string): Record<string, string> {
  const options = { baseUrl: '.', paths: { '@lib/*': ['./lib/*'] }, jsx: 'react', jsxFactory: `make_${name}` }
  return {
    [`${name}/tsconfig.json`]: JSON.stringify({ compilerOptions: options }),
    [`${name}/lib/name.ts`]: `export const name: string = '${name}'`,
    [`${name}/src/service.tsx`]: `
      import { exit, Service } from 'tomodachi'
      import { memory } from 'tomodachi/memory'
      import { name } from '@lib/name'
      const make_one = (tag: string) => 'one ' + tag
      const make_two = (tag: string) => 'two ' + tag
      const onStarted = () => void setImmediate(() => exit())
      export default new Service({ name: name + ' ' + <b />, adapters: [memory()], onStarted })`,
  }
}

modules('tsconfig.json is that of the file, wherever the command is run', async () => {
  const folder = userFolder({ ...configured('one'), ...configured('two') }, linked)
  mkdirSync(join(folder, 'elsewhere'))
  const named = { baseUrl: '.', paths: { '@lib/*': ['./two/lib/*'] }, jsx: 'react', jsxFactory: 'make_two' }
  writeFileSync(join(folder, 'named.json'), JSON.stringify({ compilerOptions: named }))
  const one = join(folder, 'one/src/service.tsx')
  const two = join(folder, 'two/src/service.tsx')
  await eachOf(
    [
      { words: 'run service.tsx', cwd: join(folder, 'one/src'), expected: 'one one b' },
      { words: 'run src/service', cwd: join(folder, 'one'), expected: 'one one b' },
      { words: `run ${one}`, cwd: join(folder, 'elsewhere'), expected: 'one one b' },
      { words: `run ${one}`, cwd: join(folder, 'two'), expected: 'one one b' },
      { words: `run ${two} ${one}`, cwd: folder, expected: 'two two b, one one b' },
      {
        words: `run ${one}`,
        cwd: folder,
        env: { TSX_TSCONFIG_PATH: join(folder, 'named.json') },
        expected: 'two two b',
      },
    ],
    (outcome, { words, expected }) => assert.is(servicesIn(outcome), expected, words),
  )
})

modules('without one it is nobody’s; one that cannot be read is told of', async () => {
  const { 'one/tsconfig.json': config = '', ...texts } = configured('one')
  const folder = userFolder({ ...texts, 'elsewhere/tsconfig.json': config }, linked)
  const outcome = await tomodachi(`run ${join(folder, 'one/src/service.tsx')}`, {
    cwd: join(folder, 'elsewhere'),
  })
  assert.match(outcome.stderr, "Cannot find package '@lib/name' imported from")
  writeFileSync(join(folder, 'one/tsconfig.json'), '{ "extends": "./nowhere.json" }')
  const broken = await tomodachi('run one/src/service.tsx', { cwd: folder })
  assert.match(broken.stderr, /^tomodachi: cannot load one\/src\/service\.tsx: .*nowhere\.json/)
  assert.is(broken.code, 1)
})

modules.run()
