import { type Dirent, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { existingFile, looksLikeSource, shown } from '../program/file.ts'

/** How many folders deep to look, how many files to read, and how many characters of each. */
const bounds = { depth: 3, files: 500, text: 100_000 } as const

const otherFolders = /^(?:\..*|node_modules|dist|build|out|coverage|vendor|tests?|__tests__)$/
const otherFiles = /\.(?:test|spec|types|d)\.[cm]?[jt]sx?$/
/** Usual names of a file with services. */
const likelyNames = /^(?:service|index|app|main|server)\.[cm]?[jt]sx?$/

const ownImport = /(?:\bfrom|\brequire\(|\bimport\()\s*['"]tomodachi['"]/g
const classUse = /\b(?:new|extends)\s+(?:\w+\.)?(\w+)/g
const anExport =
  /^[ \t]*export[ \t]+(?:default\b|\{|(?:const|let|var)\b[^=\n]*=\s*new\b|(?:abstract[ \t]+)?class\b)|\bexports\b/m

/**
 * The files in and below a folder that export a service, likeliest first, as paths from the working directory. It
 * only reads their text and runs none of them, so the result is a guess. Files that import `run` are left out,
 * because they start their services themselves.
 */
export function serviceFiles(folder: string): string[] {
  const found = sourcesIn(folder).filter(exportsService)
  const main = found.length > 0 ? undefined : mainOf(folder)
  return (main !== undefined && exportsService(main) ? [main] : found).map(shown)
}

/** Sorted by depth; within one depth, likely names come first. */
function sourcesIn(folder: string): string[] {
  const files: string[] = []
  let level = [folder]
  for (let depth = 0; depth <= bounds.depth && files.length < bounds.files; depth++) {
    const entries = level.slice(0, bounds.files).flatMap(entriesOf)
    const sources = entries.filter(
      (entry) => entry.isFile() && looksLikeSource(entry.name) && !otherFiles.test(entry.name),
    )
    sources.sort((one, other) => rankOf(one.name) - rankOf(other.name))
    files.push(...sources.map(pathOf))
    level = entries.filter((entry) => entry.isDirectory() && !otherFolders.test(entry.name)).map(pathOf)
  }
  return files.slice(0, bounds.files)
}

function rankOf(name: string): number {
  return likelyNames.test(name) ? 0 : 1
}

function pathOf({ parentPath, name }: Dirent): string {
  return join(parentPath, name)
}

/** Sorted by name. Empty for a folder that cannot be read. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((one, other) => (one.name < other.name ? -1 : 1))
  } catch {
    return []
  }
}

/** The file that package.json names as `main`. */
function mainOf(folder: string): string | undefined {
  try {
    const { main } = JSON.parse(textOf(join(folder, 'package.json'))) as { readonly main?: unknown }
    return typeof main === 'string' ? existingFile(join(folder, main)) : undefined
  } catch {
    return undefined
  }
}

function exportsService(path: string): boolean {
  const text = codeOf(textOf(path))
  const clauses = [...text.matchAll(ownImport)].map(({ index }) => clauseBefore(text, index)).join('\n')
  if (clauses === '' || /\brun\b/.test(clauses)) return false
  const name = /\bService\s+as\s+(\w+)/.exec(clauses)?.[1] ?? 'Service'
  const isMade = [...text.matchAll(classUse)].some(([, used]) => used === name)
  return isMade && anExport.test(text)
}

/** What is imported: `import { Service } `, `const { Service } = `. */
function clauseBefore(text: string, end: number): string {
  const start = Math.max(...['import', 'const', 'let', 'var'].map((word) => text.lastIndexOf(word, end - 1)))
  return text.slice(Math.max(start, 0), end + 1)
}

/** Without the lines that are comments. */
function codeOf(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/^[ \t]*(?:\/\/|\/\*|\*)/.test(line))
    .join('\n')
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').slice(0, bounds.text)
  } catch {
    return ''
  }
}
