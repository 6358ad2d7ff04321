// time limit: 180 s
// node: 24 only
// coverage: none
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  anyFaults,
  BUDGETS,
  decoratorFaults,
  fileLengthFaults,
  functionLengthFaults,
} from './architecture/budgets.ts'
import { entryFaults, lockFaults, machineFaults } from './architecture/entries.ts'
import { importFaults } from './architecture/imports.ts'
import { filesUnder, projectFiles, type SourceFile, topLevelEntries } from './architecture/sources.ts'

/** Exported names that may say `any`, as `path:line` of the declaration; each needs a reason beside it. */
const ALLOWED_ANY: readonly string[] = []

const files = projectFiles()
const code = files.filter(({ path }) => path.endsWith('.ts') && !path.startsWith('test/fixtures/'))
const sources = code.filter(({ path }) => /^(kernel|adapters|envelopes|statecharts)\//.test(path))
const declarations = filesUnder('dist').filter(({ path }) => path.endsWith('.d.ts'))

type Rule = (file: SourceFile) => string[]

const architecture = suite('architecture')

/** One rule: nothing of ours breaks it, and it does notice each of the bad samples. */
function rule(title: string, judged: readonly SourceFile[], check: Rule, samples: readonly SourceFile[]) {
  architecture(title, () => {
    assert.ok(judged.length > 0, 'there is nothing to judge')
    assert.equal(judged.flatMap(check), [])
  })
  for (const [index, sample] of samples.entries()) {
    architecture(`${title}: notices bad sample ${index + 1}`, () => {
      assert.is(check(sample).length, 1, sample.text)
    })
  }
}

const importing = (path: string, specifier: string): SourceFile => ({
  path,
  text: `import { x } from '${specifier}'`,
})

const inFolder = (pattern: RegExp) => code.filter(({ path }) => pattern.test(path))

rule('the kernel imports no adapter, no transport and no command line', inFolder(/^kernel\//), importFaults, [
  importing('kernel/actors/bus.ts', '../../adapters/http/index.ts'),
  importing('kernel/actors/bus.ts', 'node:http'),
  importing('kernel/actors/bus.ts', 'find-my-way'),
  importing('kernel/actors/bus.ts', '../cli/main.ts'),
  importing('kernel/log/bound.ts', '../../examples/01-hello.ts'),
  {
    path: 'kernel/actors/bus.ts',
    text: `export const load = () => import('../../adapters/memory/index.ts')`,
  },
  { path: 'kernel/actors/bus.ts', text: `export * from '../../examples/01-hello.ts'` },
  { path: 'kernel/actors/bus.ts', text: `export type Router = import('find-my-way').Instance<never>` },
])

rule('the command line uses the public door only', inFolder(/^kernel\/cli\//), importFaults, [
  importing('kernel/cli/main.ts', '../actors/service.ts'),
  importing('kernel/cli/run/run.ts', '../../lifecycle/kernel.ts'),
  importing('kernel/cli/run/run.ts', '../../log/record/record.ts'),
  importing('kernel/cli/main.ts', '../../adapters/http/index.ts'),
  importing('kernel/cli/main.ts', 'mitt'),
])

rule('an adapter imports two doors and its own SDK', inFolder(/^adapters\//), importFaults, [
  importing('adapters/http/index.ts', '../memory/index.ts'),
  importing('adapters/memory/index.ts', '../../kernel/actors/bus.ts'),
  importing('adapters/memory/index.ts', '../../kernel/cli/main.ts'),
  importing('adapters/memory/index.ts', '../../envelopes/raw.ts'),
  importing('adapters/amqp/index.ts', '../../envelopes/python-json.ts'),
  importing('adapters/memory/index.ts', '../http/index.ts'),
  importing('adapters/memory/index.ts', '../../statecharts/index.ts'),
  importing('adapters/memory/index.ts', 'find-my-way'),
  importing('adapters/http/index.ts', 'fastify'),
  importing('adapters/http.ts', './memory.ts'),
])

rule('envelopes import nothing of ours', inFolder(/^envelopes\//), importFaults, [
  importing('envelopes/raw.ts', '../kernel/index.ts'),
  importing('envelopes/raw.ts', 'xstate'),
])

rule('statecharts are pure', inFolder(/^statecharts\//), importFaults, [
  importing('statecharts/lifecycle.ts', '../kernel/index.ts'),
  importing('statecharts/lifecycle.ts', 'node:fs'),
  importing('statecharts/lifecycle.ts', 'mitt'),
])

rule('examples and tests enter by the name of the package', inFolder(/^(examples|test)\//), importFaults, [
  importing('examples/01-hello.ts', '../kernel/index.ts'),
  importing('examples/01-hello.ts', 'fastify'),
  importing('test/bus.test.ts', '../kernel/index.ts'),
  importing('test/kernel/actors/bus.test.ts', '../../../dist/kernel/index.js'),
  importing('test/inside.ts', '../kernel/index.ts'),
])

rule(`no file has more than ${BUDGETS.file} lines`, code, fileLengthFaults, [
  { path: 'kernel/long.ts', text: 'x\n'.repeat(BUDGETS.file + 1) },
])

const longBody = '\n'.repeat(BUDGETS.function)
rule(`no function has more than ${BUDGETS.function} lines`, code, functionLengthFaults, [
  { path: 'kernel/long.ts', text: `function long() {${longBody}}` },
  { path: 'kernel/long.ts', text: `export const long = async () => {${longBody}}` },
  { path: 'kernel/long.ts', text: `class Long { get value() {${longBody}} }` },
  { path: 'kernel/long.ts', text: `const long = { start() {${longBody}} }` },
])

rule('no decorator in the package', sources, decoratorFaults, [
  { path: 'kernel/service.ts', text: `class Orders { @on(source) handle() {} }` },
])

rule('no any in what the package declares', declarations, withoutAllowedAny, [
  { path: 'dist/kernel/bus.d.ts', text: 'export declare function on(handler: (value: any) => void): void' },
  { path: 'dist/kernel/bus.d.ts', text: 'export type Values = readonly any[]' },
])

rule('no file names a machine', files, machineFaults, [
  { path: 'test/one.test.ts', text: `const folder = '${['', 'tmp', 'x'].join('/')}'` },
  { path: 'README.md', text: `see ${['', 'work', 'main'].join('/')}` },
  { path: '.npmrc', text: `registry=https://${['registry', 'npmjs', 'org'].join('.')}/` },
])

const lock = files.filter(({ path }) => path === 'package-lock.json')
rule('the lock file names no registry', lock, lockFaults, [
  {
    path: 'package-lock.json',
    text: '{"packages":{"node_modules/x":{"resolved":"https://host.test/x.tgz"}}}',
  },
])

architecture('the root holds only what it must', () => {
  assert.equal(entryFaults(topLevelEntries()), [])
})

architecture('the root holds only what it must: notices what is foreign', () => {
  assert.equal(entryFaults(['kernel', 'notes.md', '.npmrc', 'src']), [
    'notes.md is in the root',
    'src is in the root',
  ])
})

function withoutAllowedAny(file: SourceFile): string[] {
  return anyFaults(file).filter((fault) => !ALLOWED_ANY.some((place) => fault.startsWith(`${place} `)))
}

architecture.run()
