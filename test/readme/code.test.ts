// time limit: 180 s
// node: 24 only
// coverage: none
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { scratchFolder } from '../scratch.ts'
import { blocks, documents } from './document.ts'

const test = suite('readme: code')

const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')

/** A program by its path: what a document calls `service.ts`, its other programs may import. */
type Programs = Readonly<Record<string, string>>

/** What the compiler says of the programs, each a module of its own. */
function faultsIn(programs: Programs): string[] {
  const folder = scratchFolder()
  try {
    for (const [path, program] of Object.entries(programs)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), program)
    }
    const compilerOptions = { noEmit: true, rootDir: '../..', moduleDetection: 'force' }
    const configuration = { extends: '../../tsconfig.json', compilerOptions, include: ['.'] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(configuration))
    const { stdout } = spawnSync(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], {
      encoding: 'utf8',
    })
    return stdout.split('\n').filter((line) => line.includes('error'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const fragments = documents.flatMap((document) =>
  blocks(document)
    .filter(({ language }) => /^(ts|js|tsx|typescript|javascript)$/.test(language))
    .map((block, index) => ({ ...block, path: `${document.path}/${block.file ?? `block-${index + 1}.ts`}` })),
)

test('every program in the documents is right, to its types, and imports what it uses', () => {
  assert.ok(fragments.length > 25, `${fragments.length} programs`)
  assert.equal(
    fragments.filter(({ language }) => language !== 'ts').map(({ path }) => path),
    [],
    'TypeScript is what the compiler judges',
  )
  const programs = Object.fromEntries(fragments.map(({ path, code }) => [path, code]))
  assert.is(Object.keys(programs).length, fragments.length, 'two programs of a document have one name')
  const wrong = `import { http } from 'tomodachi/http'\nhttp({ prot: 9700 })`
  const [fault, ...others] = faultsIn({ '0.ts': wrong, ...programs })
  assert.match(fault ?? '', /'prot' does not exist/)
  assert.equal(others, [])
})

test.run()
