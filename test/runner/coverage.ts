import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const RAW = join(ROOT, 'coverage/tmp')
const C8 = join(ROOT, 'node_modules/c8/bin/c8.js')

/** From here on, every Node process that is started writes down the lines that it reached. */
export function collectCoverage(): void {
  rmSync(RAW, { recursive: true, force: true })
  process.env.NODE_V8_COVERAGE = RAW
}

/** Prints what was reached. Returns a sentence when that is below the limit in `.c8rc.json`. */
export function coverageFault(): string[] {
  delete process.env.NODE_V8_COVERAGE
  const excluded = filesWithoutCode().flatMap((path) => ['--exclude', path])
  const { status } = spawnSync(process.execPath, [C8, 'report', '--temp-directory', RAW, ...excluded], {
    cwd: ROOT,
    stdio: 'inherit',
  })
  return status === 0 ? [] : ['coverage: the tests reach too few lines (see coverage/lcov.info)']
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
