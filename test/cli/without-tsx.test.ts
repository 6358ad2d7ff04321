// time limit: 240 s
// coverage: none
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sample } from '../rounds.ts'
import { eachOf } from './command.ts'
import { copiedAlone, linkPackage, removeUserFolders, userFolder } from './user-folder.ts'

const test = suite('cli without tsx')
test.after(removeUserFolders)

/** A service that stops when it has started, written with types. */
const service = (name: string) => `
import { exit, Service, type ServiceOptions } from 'tomodachi'
import { memory } from 'tomodachi/memory'
const options: ServiceOptions = { adapters: [memory()], onStarted: () => void setImmediate(() => exit()) }
export const service: Service = new Service({ name: '${name}', ...options })
`

const decorated = `
import { on, Service } from 'tomodachi'
import { memory } from 'tomodachi/memory'
import { finish } from './lib.ts'

/**
 * @internal
 */
export class Orders extends Service {
  constructor() {
    super({ name: 'decorated', onStarted: finish })
  }

  @on(memory().topic('order.created'))
  async created(): Promise<void> {}
}
`

const files = {
  'package.json': '{ "type": "module" }',
  'lib.ts': `import { exit } from 'tomodachi'\nexport const finish = (): void => void setImmediate(() => exit())`,
  'folder/index.ts': 'export const a: number = 1',
  'types.ts': 'export interface Order { readonly id: number }',
  'plain.ts': service('plain'),
  'module.mts': service('module'),
  'typeless/package.json': '{}',
  'typeless/service.ts': service('typeless'),
  'common/package.json': '{ "type": "commonjs" }',
  'common/service.ts': service('common'),
  'decorated.ts': decorated,
  'deep.ts': `export { Orders } from './decorated.ts'`,
  'enum.ts': `${service('enum')}export enum Colour { Red }`,
  'parameter.ts': `${service('parameter')}export class A {\n  constructor(readonly b: number) {}\n}`,
  'namespace.ts': `${service('namespace')}export namespace N { export const a = 1 }`,
  'element.tsx': service('element'),
  'js.ts': `${service('js')}import { finish } from './lib.js'\nvoid finish`,
  'bare.ts': `${service('bare')}import { finish } from './lib'\nvoid finish`,
  'index.ts': `${service('index')}import { a } from './folder'\nvoid a`,
  'type.ts': `${service('type')}import { Order } from './types.ts'\nexport const order: Order = { id: 1 }`,
  'broken.ts': `${service('broken')}export const a: number = ;`,
  'twice.ts': `${service('twice')}const a = 1\nconst a = 2`,
  'missing.ts': `${service('missing')}import './nowhere.ts'`,
  'throws.ts': `throw new Error('mine' as string)`,
}

/** A link to a copy in the folder of another project, which has no tsx. */
function linkedAlone(modules: string): void {
  symlinkSync(join(alone, 'node_modules/tomodachi'), join(modules, 'tomodachi'))
}

const alone = userFolder(files, copiedAlone)
const advice = 'run "npm install --save-dev tsx"'

/** The names of the services in the banner, or why there is none. */
function servicesIn({ stdout, stderr }: { stdout: string; stderr: string }): string {
  return /^ {2}(.+) {2}tomodachi \d/m.exec(stdout)?.[1] ?? stderr
}

test('Node strips the types, whatever package.json says of modules', async () => {
  const cwd = alone
  await eachOf(
    [
      { words: 'run plain.ts', cwd, expected: 'plain' },
      { words: 'run plain', cwd, expected: 'plain' },
      { words: 'run module.mts', cwd, expected: 'module' },
      { words: 'run typeless/service.ts', cwd, expected: 'typeless' },
      { words: 'run common/service.ts', cwd, expected: 'common' },
      { words: 'run plain.ts module.mts', cwd, expected: 'plain, module' },
    ],
    (outcome, { words, expected }) => {
      assert.is(servicesIn(outcome), expected, words)
      assert.is(outcome.code, 0, words)
      assert.not.match(outcome.stderr, /MODULE_TYPELESS/)
    },
  )
})

test('what only tsx can load is a sentence that says what it is, and what to install', async () => {
  const cwd = alone
  await eachOf(
    (
      [
        ['decorated.ts', /decorated\.ts:14 has a decorator/],
        ['deep.ts', /decorated\.ts:14 has a decorator/],
        ['enum.ts', /enum\.ts:\d+:\d+: TypeScript enum is not supported in strip-only mode/],
        ['parameter.ts', /parameter\.ts:\d+:\d+: TypeScript parameter property is not supported/],
        ['namespace.ts', /namespace\.ts:\d+:\d+: TypeScript namespace declaration is not supported/],
        ['element.tsx', /Node does not read \.tsx files/],
        ['js.ts', /an import names lib\.js, but the file is lib\.ts/],
        ['bare.ts', /an import names lib, but the file is lib\.ts/],
        ['index.ts', /an import names folder, but the file is folder\/index\.ts/],
      ] as const
    ).map(([file, expected]) => ({ words: `run ${file}`, cwd, file, expected })),
    ({ code, stdout, stderr }, { file, expected }) => {
      assert.match(stderr, expected)
      assert.ok(stderr.startsWith(`tomodachi: cannot load ${file} without the package tsx: `), stderr)
      assert.ok(stderr.endsWith(`; ${advice}\n`), stderr)
      assert.is(stderr.split('\n').length, 2, stderr)
      assert.equal([code, stdout], [1, ''])
    },
  )
})

test('what tsx would not help with is told as ever', async () => {
  const cwd = alone
  await eachOf(
    (
      [
        ['type.ts', /type\.ts:\d+:\d+: .*'Order'; if Order is a type, import it with "import type"$/m],
        ['broken.ts', /broken\.ts:\d+:\d+: Expression expected/],
        ['twice.ts', /Identifier 'a' has already been declared/],
        ['missing.ts', /Cannot find module .*nowhere\.ts/],
        ['throws.ts', /cannot load throws\.ts: mine\n +at .*throws\.ts:1/],
      ] as const
    ).map(([file, expected]) => ({ words: `run ${file}`, cwd, file, expected })),
    ({ code, stderr }, { file, expected }) => {
      assert.match(stderr, expected)
      assert.ok(stderr.startsWith(`tomodachi: cannot load ${file}: `), stderr)
      assert.not.match(stderr, /npm install/)
      assert.is(code, 1)
    },
  )
})

for (const [place, install] of [
  ['beside this package', copiedAlone],
  ['beside the file, though this package is linked from elsewhere', linkedAlone],
] as const) {
  test(`tsx is found ${place}`, async () => {
    const cwd = userFolder(files, (modules) => {
      install(modules)
      linkPackage('tsx', modules)
    })
    await eachOf(
      sample(['decorated.ts', 'enum.ts', 'element.tsx', 'js.ts', 'index.ts'], 3).map((file) => ({
        words: `run ${file}`,
        cwd,
        expected: file.replace(/\..*/, ''),
      })),
      (outcome, { words, expected }) => assert.is(servicesIn(outcome), expected, words),
    )
  })
}

test.run()
