// The test runner: each file in a process of its own, because uvu has no time limits, takes a file without
// tests for a success, and waits for ever when a test leaves a handle open.
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { again, hasFailed } from './runner/again.ts'
import { type Brokers, bringUp } from './runner/brokers.ts'
import { collectCoverage, coverageFault } from './runner/coverage.ts'
import { findTestFiles, type TestFile } from './runner/files.ts'
import { nodeBinary } from './runner/node.ts'
import { endAll, type FileResult, runFile } from './runner/process.ts'

const USAGE = `node test/run.ts [options] [part of a file name …]

  --again          give files that fail a second run, by themselves, when all others are done (default in CI)
  --coverage       hold the lines that the tests reach to the limit in .c8rc.json (only without names)
  --node <binary>  run the tests on this Node: a path, or a major version such as 22
  --root <folder>  search here instead of in test/
  --jobs <number>  so many files at a time (default: three more than there are processors)
  --verbose        show the output of files that pass too`

const { values: options, positionals: filters } = parseArgs({
  allowNegative: true,
  allowPositionals: true,
  options: {
    again: { type: 'boolean', default: process.env.CI !== undefined },
    coverage: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    jobs: { type: 'string', default: String(availableParallelism() + 3) },
    node: { type: 'string' },
    root: { type: 'string', default: fileURLToPath(new URL('.', import.meta.url)) },
    verbose: { type: 'boolean', default: false },
  },
})

let running: Brokers | undefined

if (options.help) console.log(USAGE)
else process.exitCode = await main()

async function main(): Promise<number> {
  const node = options.node === undefined ? process.execPath : nodeBinary(options.node)
  if (node === undefined) return withoutNode()
  const files = findTestFiles(options.root, filters).filter(
    ({ ownNodeOnly }) => node === process.execPath || !ownNodeOnly,
  )
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop())
  const brokers = await bringUp(files)
  running = brokers
  const covers = options.coverage && filters.length === 0
  if (covers) collectCoverage()
  const first = await runAll(brokers.served(files), node)
  const results = options.again ? await again(first, ({ file }) => runAndShow(file, node)) : first
  brokers.remove()
  const faults = [...brokers.faults, ...(covers ? coverageFault() : [])]
  if (files.length === 0) faults.push('no test file found')
  return summarize(results, faults)
}

async function runAll(files: readonly TestFile[], node: string): Promise<FileResult[]> {
  // The longest first: begun last, they would have the processors to themselves at the end.
  const waiting = [...files].sort((one, other) => other.timeLimitSeconds - one.timeLimitSeconds)
  const results: FileResult[] = []
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      results.push(await runAndShow(file, node))
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, Number(options.jobs)) }, work))
  return results
}

async function runAndShow(file: TestFile, node: string): Promise<FileResult> {
  const result = await runFile(file, node)
  show(result)
  return result
}

function show(result: FileResult): void {
  const { file, passed, failed, skipped, faults, output, milliseconds } = result
  const bad = hasFailed(result)
  console.log(
    `${bad ? 'FAIL' : 'ok  '} ${file.name}  ${counts(passed, failed, skipped)}  ${Math.round(milliseconds)} ms`,
  )
  for (const fault of faults) console.log(`     ${fault}`)
  if (bad || options.verbose) console.log(output.replace(/^/gm, '     '))
}

/** Prints the totals alone on the last line. Returns the exit code. */
function summarize(results: readonly FileResult[], faults: readonly string[]): number {
  const sum = (count: (result: FileResult) => number) =>
    results.reduce((total, result) => total + count(result), 0)
  const failed = sum((result) => result.failed + result.faults.length) + faults.length
  for (const fault of faults) console.log(`FAIL ${fault}`)
  console.log(
    counts(
      sum((result) => result.passed),
      failed,
      sum((result) => result.skipped),
    ),
  )
  return failed > 0 ? 1 : 0
}

function counts(passed: number, failed: number, skipped: number): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

function withoutNode(): number {
  const inCi = process.env.CI !== undefined
  console.log(`Node ${options.node} cannot be installed for ${process.platform}-${process.arch}: not run`)
  console.log(counts(0, inCi ? 1 : 0, 0))
  return inCi ? 1 : 0
}

function stop(): void {
  endAll()
  running?.remove()
  process.exit(130)
}
