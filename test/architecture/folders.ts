import { posix } from 'node:path'
import type { SourceFile } from './sources.ts'

/** What a reader takes in at a glance. A folder with more files has rooms of its own. */
export const FILES_OF_A_FOLDER = 15

/** The folders that hold more files than that, not counting those of the folders in them, and exceptions that are none. */
export function folderFaults(files: readonly SourceFile[], exceptions: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const { path } of files) {
    const folder = posix.dirname(path)
    counts.set(folder, (counts.get(folder) ?? 0) + 1)
  }
  const large = [...counts].filter(([, count]) => count > FILES_OF_A_FOLDER)
  const isLarge = (folder: string) => large.some(([name]) => name === folder)
  return [
    ...large
      .filter(([folder]) => !exceptions.includes(folder))
      .map(([folder, count]) => `${folder} has ${count} files`),
    ...exceptions
      .filter((folder) => counts.has(folder) && !isLarge(folder))
      .map((folder) => `${folder} is small: it needs no exception`),
  ]
}
