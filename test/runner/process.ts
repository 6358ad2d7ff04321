import { type ChildProcess, spawn } from 'node:child_process'
import { delimiter, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestFile } from './files.ts'
import type { Node } from './node.ts'
import { REPORT_DESCRIPTOR, type Report } from './report.ts'

/** How one test file went. */
export interface FileResult {
  file: TestFile
  node: Node
  passed: number
  failed: number
  skipped: number
  /** What was wrong with the file besides its failed tests; each counts as one failure. */
  faults: string[]
  /** Everything that the process printed. */
  output: string
  milliseconds: number
}

/** What a result is shown as: the name of the file, and the Node unless it is our own. */
export function titleOf({ file, node }: FileResult): string {
  return node.isOwn ? file.name : `${file.name} on Node ${node.wanted}`
}

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url))
const NODE_COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/compiled/', import.meta.url))
const OUTPUT_END_MILLISECONDS = 3_000
const running = new Set<ChildProcess>()

/** Runs one test file in a process of its own. Never rejects: what goes wrong is a fault of the file. */
export async function runFile(file: TestFile, node: Node): Promise<FileResult> {
  const binary = await node.binary
  const started = performance.now()
  const child = spawn(binary, [...(file.isCompiled ? ['--import', 'tsx'] : []), CHILD, file.path], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: true, // a process group of its own, so that what a test started can be ended with it
    env: environmentFor(file, node, binary),
  })
  running.add(child)
  const output = collect(child, 1, 2)
  const reports = collect(child, REPORT_DESCRIPTOR)
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    endGroup(child)
  }, file.timeLimitSeconds * 1000)
  const closed = new Promise<true>((resolve) => child.once('close', () => resolve(true)))
  const exit = await ended(child)
  clearTimeout(timer)
  const faults = await leftProcesses(child, closed)
  running.delete(child)
  if (timedOut) faults.push(`took longer than ${file.timeLimitSeconds} s`)
  return {
    file,
    node,
    output: output.text(),
    milliseconds: performance.now() - started,
    ...judge(parseReports(reports.text()), exit, timedOut, faults),
  }
}

/** Ends every test process, and what it started; for a runner that is itself told to stop. */
export function endAll(): void {
  for (const child of running) endGroup(child)
}

function judge(reports: Report[], exit: string, timedOut: boolean, faults: string[]) {
  const done = reports.find((report) => report.kind === 'done')
  const all = [
    ...faults,
    ...reports.filter((report) => report.kind === 'fault').map(({ message }) => message),
  ]
  const { passed, failed, skipped } = done ?? { passed: 0, failed: 0, skipped: 0 }
  if (done === undefined && !timedOut) all.push(`ended before its tests were done (${exit})`)
  if (done !== undefined && passed + failed === 0) all.push('ran no test: is .run() forgotten?')
  const expected = failed > 0 ? 'exit code 1' : 'exit code 0'
  if (done !== undefined && all.length === 0 && exit !== expected) all.push(`ended with ${exit}`)
  return { passed, failed, skipped, faults: all }
}

function parseReports(text: string): Report[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Report)
}

function environmentFor(file: TestFile, { isOwn }: Node, binary: string): NodeJS.ProcessEnv {
  const { NODE_V8_COVERAGE } = process.env
  const PATH = `${dirname(binary)}${delimiter}${process.env.PATH ?? ''}`
  const isCovered = NODE_V8_COVERAGE !== undefined && isOwn && file.isCovered
  // Each process loads much of what others have loaded. Coverage is exact only for what is compiled anew. Node itself
  // passes the variable on where it is merely left out.
  const loading = isCovered ? { NODE_V8_COVERAGE } : { NODE_COMPILE_CACHE, NODE_V8_COVERAGE: undefined }
  return { ...process.env, PATH, ...(isOwn ? {} : { SHORT_TESTS: '1' }), ...loading }
}

function collect(child: ChildProcess, ...descriptors: number[]): { text: () => string } {
  const chunks: Buffer[] = []
  for (const descriptor of descriptors) {
    child.stdio[descriptor]?.on('data', (chunk: Buffer) => chunks.push(chunk))
  }
  return { text: () => Buffer.concat(chunks).toString() }
}

function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : signal))
  })
}

/** The output of a process that is gone ends at once, unless something that it started holds it open. */
async function leftProcesses(child: ChildProcess, closed: Promise<true>): Promise<string[]> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, OUTPUT_END_MILLISECONDS, false)
  })
  const inTime = await Promise.race([closed, late])
  clearTimeout(timer)
  endGroup(child)
  for (const stream of child.stdio) stream?.destroy()
  return inTime ? [] : ['left a process running that it had started']
}

function endGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // Nobody is left in the group.
  }
}
