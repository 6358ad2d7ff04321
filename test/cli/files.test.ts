// time limit: 120 s
// coverage: none
import { createServer } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { eachOf, fixtures, tomodachi } from './command.ts'
import { linked, removeUserFolders, userFolder } from './user-folder.ts'

const files = suite('cli files')

files.after(removeUserFolders)

/** The names of the services in the banner. */
function servicesIn(stdout: string): string {
  return /^ {2}(.+) {2}tomodachi \d/m.exec(stdout)?.[1] ?? `no banner in: ${stdout}`
}

files('services are found in default and named exports; classes are made', async () => {
  const cases = [
    ['run plain.mjs', 'plain'],
    ['start plain', 'plain'],
    [`run ${join(fixtures, 'plain')}`, 'plain'],
    ['run plain.cjs', 'commonjs'],
    ['run decorated.ts', 'decorated'],
    ['run decorated', 'decorated'],
    ['run named.mts', 'third, first, second'],
    ['run base', 'base'],
    ['run family.ts', 'child, sibling'],
    ['run base.ts family.ts', 'child, sibling'],
    ['run plain.mjs ./plain decorated.ts', 'plain, decorated'],
    ['--production run plain.mjs', 'no banner in: onStop\n'],
  ] as const
  await eachOf(
    cases.map(([words, expected]) => ({ words, expected })),
    ({ code, stdout }, { words, expected }) => {
      assert.is(servicesIn(stdout), expected, words)
      assert.is(code, 0, words)
    },
  )
})

files('decorators and enums work, whatever target tsconfig.json names', async () => {
  for (const words of ['run decorated.ts', 'run service']) {
    const cwd = words === 'run service' ? join(fixtures, 'esnext') : fixtures
    const { code, stdout } = await tomodachi(words, { cwd })
    assert.match(stdout, /^ {4}changed {2}handle\n {4}created {2}handle$/m)
    assert.match(stdout, /^handled 1 decorated$/m)
    assert.is(code, 0)
  }
})

files('what cannot be run: a sentence each, with lines of the own stack at most, exit code 1', async () => {
  const at = (name: string, ...places: string[]) =>
    places.map((place) => `    at ${place.replace('FILE', join(fixtures, name))}`)
  const cases: readonly (readonly [file: string, sentence: string, below?: readonly string[]])[] = [
    ['nowhere.ts', 'cannot run nowhere.ts: there is no such file'],
    ['legacy', 'cannot run legacy: it is a folder; name a file in it, such as legacy/service.ts'],
    [
      'without-service.ts',
      `without-service.ts does not export a service; write "export default new Service({ name: 'orders' })", or export a class that extends Service`,
    ],
    ['syntax.ts', 'cannot load syntax.ts: syntax.ts:2:22: Unexpected "="'],
    ['syntax.mjs', "cannot load syntax.mjs: syntax.mjs:2:23: Unexpected token '='"],
    [
      'imports-missing-file.ts',
      `cannot load imports-missing-file.ts: Cannot find module '${join(fixtures, 'not-there.ts')}' imported from ${join(fixtures, 'imports-missing-file.ts')}`,
    ],
    [
      'imports-missing-package.mjs',
      `cannot load imports-missing-package.mjs: Cannot find package 'package-that-is-not-there' imported from ${join(fixtures, 'imports-missing-package.mjs')}`,
    ],
    [
      'throws.ts',
      'cannot load throws.ts: RangeError: the limit is missing',
      at('throws.ts', 'read (FILE:6:9)', '<anonymous> (FILE:9:25)'),
    ],
    ['throws-null.mjs', 'cannot load throws-null.mjs: null'],
    ['never-loads.mjs', 'never-loads.mjs never finishes loading: one of its top-level awaits never settles'],
    [
      'without-handlers.mjs',
      'the service orders has no handlers; register at least one with on(source, handler)',
    ],
    [
      'constructor-throws.ts',
      'cannot create the service Orders: TypeError: no catalogue',
      at('constructor-throws.ts', 'new Orders (FILE:6:11)'),
    ],
    [
      'hook-throws.ts',
      'the service could not start: no database',
      [
        ...at('hook-throws.ts', 'Object.connect (FILE:8:9)'),
        '    caused by: TypeError: refused',
        ...at('hook-throws.ts', 'Object.connect (FILE:8:43)'),
      ],
    ],
  ]
  await eachOf(
    cases.map(([file, sentence, below = []]) => ({ words: `run ${file}`, sentence, below })),
    ({ code, stdout, stderr }, { words, sentence, below }) => {
      const lines = stderr.trimEnd().split('\n')
      assert.equal([lines[0], stdout, code], [`tomodachi: ${sentence}`, '', 1], words)
      assert.equal(lines.slice(1), below, words)
    },
  )
})

files('a wrong option of an adapter is told with the place where it was given', async () => {
  const { code, stderr } = await tomodachi('run option-invalid.ts')
  const [sentence = '', ...places] = stderr.trimEnd().split('\n')
  assert.match(
    sentence,
    /^tomodachi: cannot load option-invalid\.ts: the option http\.port must be .+, not -1$/,
  )
  assert.equal(places, [`    at <anonymous> (${join(fixtures, 'option-invalid.ts')}:4:13)`])
  assert.is(code, 1)
})

files('experimental decorators are refused with the way out', async () => {
  const { code, stderr } = await tomodachi('run service.ts', { cwd: join(fixtures, 'legacy') })
  const sentence =
    'tomodachi: cannot load service.ts: the decorator @on needs standard decorators; remove "experimentalDecorators" from tsconfig.json'
  assert.is(stderr.split('\n')[0], sentence)
  assert.is(code, 1)
})

files('a port in use', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  const outcome = await tomodachi('run port.ts', { env: { PORT: String(port) } })
  server.close()
  const sentence = `tomodachi: cannot listen on 127.0.0.1:${port}: the port is in use; stop the other process or choose another port\n`
  assert.equal(outcome, { code: 1, stdout: '', stderr: sentence })
})

files('a file that runs its services itself is told so, and they stop in order', async () => {
  const text = (exported: string, kernel: string) => `
    import { Kernel, run, Service } from 'tomodachi'
    import { memory } from 'tomodachi/memory'
    const service = new Service({ name: 'itself', adapters: [memory()], onStop: () => console.log('onStop') })
    await ${kernel}
    ${exported}`
  const own = 'new Kernel([service], { ownsProcess: false }).start()'
  const cwd = userFolder(
    {
      'runs.mjs': text('', 'run(service)'),
      'both.mjs': text('export default service', 'run(service)'),
      'own.mjs': text('export default service', own),
    },
    linked,
  )
  await eachOf(
    ['runs.mjs', 'both.mjs', 'own.mjs'].map((file) => ({ words: `run --no-capture ${file}`, cwd, file })),
    ({ code, stdout, stderr }, { file }) => {
      const sentence = `${file} calls run() itself; start it with node, or export the services instead`
      const said = stderr.split('\n').filter((line) => !line.includes(' tomodachi.lifecycle '))
      assert.equal([said, stdout, code], [[`tomodachi: ${sentence}`, ''], 'onStop\n', 1])
    },
  )
})

files('TypeScript is an ES module in a package that says it is CommonJS', async () => {
  const cwd = userFolder(
    {
      'package.json': '{ "type": "commonjs" }',
      'other.ts': `export const name: string = await Promise.resolve('from commonjs')`,
      'service.ts': `
        import { exit, Service } from 'tomodachi'
        import { memory } from 'tomodachi/memory'
        import { name } from './other'
        const onStarted = () => void setImmediate(() => exit())
        export default new Service({ name, adapters: [memory()], onStarted })`,
    },
    linked,
  )
  const { code, stdout } = await tomodachi('run service.ts', { cwd })
  assert.equal([servicesIn(stdout), code], ['from commonjs', 0])
})

files.run()
