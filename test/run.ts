// The test runner: each file in a process of its own, because uvu has no time limits, takes a file without
// tests for a success, and waits for ever when a test leaves a handle open.
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { again, hasFailed } from './runner/again.ts'
import { type Brokers, bringUp } from './runner/brokers.ts'
import { type Coverage, collectCoverage, reportCoverage } from './runner/coverage.ts'
import { findTestFiles, type TestFile } from './runner/files.ts'
import { type Node, nodeFor } from './runner/node.ts'
import { endAll, type FileResult, runFile, titleOf } from './runner/process.ts'

const USAGE = `node test/run.ts [options] [part of a file name …]

  --again          give files that fail a second run, by themselves, when all others are done (default in CI)
  --coverage       hold the lines that the tests reach to the limit in .c8rc.json (only without names)
  --node <binary>  run the tests on this Node: a path, or a major version such as 22; on several, when given again
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
    node: { type: 'string', multiple: true, default: [process.execPath] },
    root: { type: 'string', default: fileURLToPath(new URL('.', import.meta.url)) },
    verbose: { type: 'boolean', default: false },
  },
})

let running: Brokers | undefined

if (options.help) console.log(USAGE)
else process.exitCode = await main()

/** A test file, and what it is run on. */
interface Task {
  readonly file: TestFile
  readonly node: Node
}

async function main(): Promise<number> {
  const wanted = options.node.map(nodeFor)
  const nodes = wanted.filter((node) => node !== undefined)
  const tasks = tasksOf(nodes)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop())
  const brokers = await bringUp(tasks.map(({ file }) => file))
  running = brokers
  await Promise.all(nodes.map(({ binary }) => binary)).catch((error) => {
    brokers.remove()
    throw error
  })
  const { results: first, coverage } = await runAll(tasks.filter(({ file }) => brokers.serves(file)))
  const results = options.again ? await again(first, runAndShow) : first
  brokers.remove()
  if (coverage) console.log(coverage.report)
  const faults = [...brokers.faults, ...missing(wanted), ...(coverage?.faults ?? [])]
  if (nodes.length > 0 && tasks.length === 0) faults.push('no test file found')
  return summarize(results, faults)
}

/** The files that each Node runs: those of our own first, as coverage waits for them; the longest first, so that none is left alone at the end. */
function tasksOf(nodes: readonly Node[]): Task[] {
  const files = findTestFiles(options.root, filters)
  const tasks = nodes.flatMap((node) =>
    files.filter(({ ownNodeOnly }) => node.isOwn || !ownNodeOnly).map((file) => ({ file, node })),
  )
  return tasks.sort(
    (one, other) =>
      Number(other.node.isOwn) - Number(one.node.isOwn) ||
      other.file.timeLimitSeconds - one.file.timeLimitSeconds,
  )
}

/** Runs so many at a time as is wanted. What is covered is summed up as soon as all that counts for it has ended. */
async function runAll(tasks: readonly Task[]) {
  const covers = options.coverage && filters.length === 0
  if (covers) collectCoverage()
  const waiting = [...tasks]
  const results: FileResult[] = []
  let counting = tasks.filter(({ node }) => node.isOwn).length
  let coverage: Promise<Coverage> | undefined
  const work = async () => {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
      results.push(await runAndShow(task))
      if (task.node.isOwn && --counting === 0 && covers) coverage = reportCoverage()
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, Number(options.jobs)) }, work))
  return { results, coverage: await coverage }
}

async function runAndShow({ file, node }: Task): Promise<FileResult> {
  const result = await runFile(file, node)
  show(result)
  return result
}

function show(result: FileResult): void {
  const { passed, failed, skipped, faults, output, milliseconds } = result
  const bad = hasFailed(result)
  console.log(
    `${bad ? 'FAIL' : 'ok  '} ${titleOf(result)}  ${counts(passed, failed, skipped)}  ${Math.round(milliseconds)} ms`,
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

/** Says which of the Nodes are not to be had here; in CI that is a fault. */
function missing(nodes: readonly (Node | undefined)[]): string[] {
  const sentences = options.node
    .filter((_, index) => nodes[index] === undefined)
    .map((wanted) => `Node ${wanted} cannot be installed for ${process.platform}-${process.arch}: not run`)
  if (process.env.CI !== undefined) return sentences
  for (const sentence of sentences) console.log(sentence)
  return []
}

function stop(): void {
  endAll()
  running?.remove()
  process.exit(130)
}
