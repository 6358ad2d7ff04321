import { posix } from 'node:path'
import type { SourceFile } from './sources.ts'

/** What a reader takes in at a glance. A folder with more files has rooms of its own. */
export const FILES_OF_A_FOLDER = 15

/** The folders that hold more files than that, not counting those of the folders in them. */
export function folderFaults(files: readonly SourceFile[]): string[] {
  const counts = new Map<string, number>()
  for (const { path } of files) {
    const folder = posix.dirname(path)
    counts.set(folder, (counts.get(folder) ?? 0) + 1)
  }
  return [...counts]
    .filter(([, count]) => count > FILES_OF_A_FOLDER)
    .map(([folder, count]) => `${folder} has ${count} files`)
}
