import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const RAW = fileURLToPath(new URL('../../coverage/tmp/', import.meta.url))
const C8 = fileURLToPath(new URL('../../node_modules/c8/bin/c8.js', import.meta.url))

/** From here on, every Node process that is started writes down the lines that it reached. */
export function collectCoverage(): void {
  rmSync(RAW, { recursive: true, force: true })
  process.env.NODE_V8_COVERAGE = RAW
}

/** Prints what was reached. Returns a sentence when that is below the limit in `.c8rc.json`. */
export function coverageFault(): string[] {
  delete process.env.NODE_V8_COVERAGE
  const { status } = spawnSync(process.execPath, [C8, 'report', '--temp-directory', RAW], {
    cwd: ROOT,
    stdio: 'inherit',
  })
  return status === 0 ? [] : ['coverage: the tests reach too few lines (see coverage/lcov.info)']
}
