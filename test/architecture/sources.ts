import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A file of the project: its path from the root, with `/`, and its text. */
export interface SourceFile {
  path: string
  text: string
}

/** The folder that holds package.json. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const NOT_OURS = new Set(['node_modules', 'dist', 'coverage', '.scratch', '.git'])
const TEXT = /(\.(ts|js|json|md|mmd|svg|txt|yml|yaml|proto)|^\.[^/]*|\/run|LICENSE)$/

/** Every text file of the project, without what is installed or generated. */
export function projectFiles(): SourceFile[] {
  return filesUnder('').filter(({ path }) => TEXT.test(path))
}

/** Every file under a folder of the project; none when the folder does not exist. */
export function filesUnder(folder: string): SourceFile[] {
  return pathsUnder(folder).map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
}

/** What stands in the project's root, without what is installed or generated. */
export function topLevelEntries(): string[] {
  return readdirSync(ROOT).filter((name) => !NOT_OURS.has(name))
}

function pathsUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    // In a worktree `.git` is a file, and `node_modules` may be a link.
    if (NOT_OURS.has(entry.name)) return []
    return entry.isDirectory() ? pathsUnder(path) : [path]
  })
}
