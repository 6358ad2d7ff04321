import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const RAW = join(ROOT, 'coverage/tmp')
const MAPPED = join(ROOT, 'coverage/mapped')
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc')
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
  writeSourceMaps()
  const excluded = filesWithoutCode().flatMap((path) => ['--exclude', path])
  const child = spawn(process.execPath, [C8, 'report', '--temp-directory', RAW, ...excluded], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [report, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  const fault = 'coverage: the tests reach too few lines (see coverage/lcov.info)'
  return { report, faults: status === 0 ? [] : [fault] }
}

/**
 * Lets c8 count the lines of the sources, not of what is built: the package has no source maps, so they are made here, and
 * written beside what Node has collected, as Node writes them where a file names its map.
 */
function writeSourceMaps(): void {
  // The build has checked the types.
  const options = [
    '--outDir',
    MAPPED,
    '--declaration',
    'false',
    '--sourceMap',
    '--inlineSources',
    '--noCheck',
  ]
  execFileSync(process.execPath, [TSC, ...options], { cwd: ROOT })
  const maps = readdirSync(MAPPED, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js.map'))
    .map((name) => [join(MAPPED, name), join(ROOT, 'dist', name.slice(0, -'.map'.length))] as const)
  const cache = maps.map(([path, built]) => {
    const map = JSON.parse(readFileSync(path, 'utf8')) as { readonly sources: readonly string[] }
    const sources = map.sources.map((source) => new URL(source, pathToFileURL(path)).href)
    const lineLengths = readFileSync(built, 'utf8')
      .split('\n')
      .map((line) => line.length)
    return [pathToFileURL(built).href, { lineLengths, data: { ...map, sources }, url: null }]
  })
  const report = { result: [], 'source-map-cache': Object.fromEntries(cache) }
  writeFileSync(join(RAW, 'coverage-source-maps.json'), JSON.stringify(report))
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
