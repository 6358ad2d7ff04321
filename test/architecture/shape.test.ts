// node: 24 only
// coverage: none
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fileCircles, folderCircles } from './circles.ts'
import { codeFaults, declaredCodes, undeclaredFaults } from './codes.ts'
import { FILES_OF_A_FOLDER, folderFaults } from './folders.ts'
import { projectFiles, type SourceFile } from './sources.ts'
import { transportFaults } from './transports.ts'

/** Folders that still wait for rooms of their own; this list only becomes shorter. */
const LARGE_FOLDERS: readonly string[] = []

const sources = projectFiles().filter(({ path }) =>
  /^(kernel|adapters|envelopes|statecharts)\/.*\.ts$/.test(path),
)

const shape = suite('architecture: shape')

/** A rule for all files together; each bad sample is a few files. */
function ruleForAll(
  title: string,
  check: (files: readonly SourceFile[]) => string[],
  samples: readonly (readonly SourceFile[])[],
) {
  shape(title, () => {
    assert.equal(check(sources), [])
  })
  for (const [index, sample] of samples.entries()) {
    shape(`${title}: notices bad sample ${index + 1}`, () => {
      assert.is(check(sample).length, 1)
    })
  }
}

const importing = (path: string, specifier: string): SourceFile => ({
  path,
  text: `import { x } from '${specifier}'`,
})

ruleForAll('no files import each other in a circle', fileCircles, [
  [importing('kernel/a.ts', './b.ts'), importing('kernel/b.ts', './a.ts')],
  [importing('kernel/a.ts', './a.ts')],
  [
    importing('kernel/a.ts', './log/b.ts'),
    { path: 'kernel/log/b.ts', text: `export * from '../cli/c.ts'` },
    importing('kernel/cli/c.ts', '../a.ts'),
  ],
])

shape('no files import each other in a circle: takes types and what is loaded later', () => {
  const files = [
    importing('kernel/a.ts', './b.ts'),
    {
      path: 'kernel/b.ts',
      text: `import type { a } from './a.ts'; export const load = () => import('./a.ts')`,
    },
  ]
  assert.equal(fileCircles(files), [])
})

ruleForAll('no folders import each other in a circle, types included', folderCircles, [
  [importing('kernel/actors/a.ts', '../log/b.ts'), importing('kernel/log/c.ts', '../actors/d.ts')],
  [
    { path: 'kernel/actors/a.ts', text: `import type { B } from '../log/b.ts'` },
    { path: 'kernel/log/c.ts', text: `export type D = import('../cli/d.ts').D` },
    { path: 'kernel/cli/e.ts', text: `export const load = () => import('../actors/f.ts')` },
  ],
  [
    importing('adapters/http/index.ts', './reply/reply.ts'),
    importing('adapters/http/reply/reply.ts', '../index.ts'),
  ],
])

shape('no folders import each other in a circle: takes the doors of the kernel', () => {
  const files = [
    importing('kernel/index.ts', './log/index.ts'),
    importing('kernel/log/index.ts', '../clock.ts'),
    importing('kernel/cli/main.ts', '../index.ts'),
    importing('kernel/cli/run/run.ts', '../../adapter-kit.ts'),
  ]
  assert.equal(folderCircles(files), [])
})

ruleForAll(
  `no folder has more than ${FILES_OF_A_FOLDER} files`,
  (files) => folderFaults(files, LARGE_FOLDERS),
  [
    Array.from({ length: FILES_OF_A_FOLDER + 1 }, (_, index) => ({
      path: `kernel/log/${index}.ts`,
      text: '',
    })),
    Array.from({ length: FILES_OF_A_FOLDER + 1 }, (_, index) => ({ path: `kernel/${index}.ts`, text: '' })),
  ],
)

shape('a folder that has become small is an exception no longer', () => {
  assert.equal(folderFaults([{ path: 'kernel/log/1.ts', text: '' }], ['kernel/log']), [
    'kernel/log is small: it needs no exception',
  ])
})

const codes = declaredCodes(sources)
const codeFaultsOf = (files: readonly SourceFile[]) => files.flatMap((file) => codeFaults(file, codes))

ruleForAll('an error belongs to whoever throws it, or to the kernel', codeFaultsOf, [
  [{ path: 'adapters/http/index.ts', text: `throw new TomodachiError('REQUEST_TIMEOUT', { topic })` }],
  [{ path: 'adapters/http/index.ts', text: `if (hasCode(error, 'COMMAND_UNKNOWN')) return` }],
  [{ path: 'kernel/actors/actor.ts', text: `throw new TomodachiError('COMMAND_UNKNOWN', { command })` }],
  [{ path: 'kernel/actors/actor.ts', text: `throw new TomodachiError('WHATEVER', {})` }],
])

const transportFaultsOf = (all: readonly SourceFile[]) =>
  all.filter(({ path }) => path.startsWith('kernel/')).flatMap(transportFaults)

ruleForAll('the kernel names no transport', transportFaultsOf, [
  [{ path: 'kernel/errors.ts', text: '`AWS did not accept the credentials`' }],
  [{ path: 'kernel/actors/service.ts', text: '/** Default: none for HTTP. */' }],
  [{ path: 'kernel/messaging/topic.ts', text: "const kind = 'sns-sqs'" }],
  [{ path: 'kernel/messaging/topic.ts', text: '// As RabbitMQ has it.' }],
])

shape('the kernel names no transport: takes URLs', () => {
  const text = "const example = 'http://127.0.0.1:9700' // https://no-color.org"
  assert.equal(transportFaults({ path: 'kernel/actors/adapter.ts', text }), [])
})

/** Where programs begin: the doors of the package, and what the command runs. */
const entries = sources
  .map(({ path }) => path)
  .filter((path) =>
    /^(kernel\/(index|adapter-kit|cli\/main|cli\/run\/worker)|adapters\/[a-z-]+\/index)\.ts$/.test(path),
  )
const throwing = { path: 'adapters/a/b.ts', text: `throw new TomodachiError('A_GONE', {})` }
const declaring = { path: 'adapters/a/errors.ts', text: `errors('a', {\n  A_GONE: () => 'gone',\n})` }

ruleForAll(
  'every entry declares the errors that it throws',
  (files) => undeclaredFaults(files, [...entries, 'adapters/a/index.ts']),
  [
    [throwing, declaring, importing('adapters/a/index.ts', './b.ts')],
    [
      throwing,
      declaring,
      { path: 'adapters/a/index.ts', text: `export const load = () => import('./b.ts')` },
    ],
    [
      throwing,
      declaring,
      { path: 'adapters/a/index.ts', text: `import type { A } from './errors.ts'; import './b.ts'` },
    ],
  ],
)

shape.run()
