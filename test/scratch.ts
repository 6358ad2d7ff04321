import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './architecture/sources.ts'

/** A new folder for programs within the package, so that they find it by its name; the project's files do not count it. */
export function scratchFolder(): string {
  mkdirSync(join(ROOT, '.scratch'), { recursive: true })
  return mkdtempSync(join(ROOT, '.scratch', 'programs-'))
}
