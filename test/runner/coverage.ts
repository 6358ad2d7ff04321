import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const RAW = join(ROOT, 'coverage/tmp')
const C8 = join(ROOT, 'node_modules/c8/bin/c8.js')

/** What the tests reach. */
export interface Coverage {
  /** As a table. */
  readonly report: string
  /** A sentence when that is below the limit in `.c8rc.json`. */
  readonly faults: readonly string[]
}

/** From here on, every test file that counts for it writes down the lines that it reached. */
export function collectCoverage(): void {
  rmSync(RAW, { recursive: true, force: true })
  process.env.NODE_V8_COVERAGE = RAW
}

/** Ends the collecting, and sums up what was reached. */
export async function reportCoverage(): Promise<Coverage> {
  delete process.env.NODE_V8_COVERAGE
  const excluded = filesWithoutCode().flatMap((path) => ['--exclude', path])
  const child = spawn(process.execPath, [C8, 'report', '--temp-directory', RAW, ...excluded], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [report, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  const fault = 'coverage: the tests reach too few lines (see coverage/lcov.info)'
  return { report, faults: status === 0 ? [] : [fault] }
}

/** What only declares types is never loaded, so that all of its lines would count as missed. */
function filesWithoutCode(): string[] {
  return readdirSync(join(ROOT, 'dist'), { recursive: true, encoding: 'utf8' })
    .map((name) => `dist/${name}`)
    .filter((path) => path.endsWith('.js') && isWithoutCode(readFileSync(join(ROOT, path), 'utf8')))
}

function isWithoutCode(text: string): boolean {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '').trim() === 'export {};'
}
