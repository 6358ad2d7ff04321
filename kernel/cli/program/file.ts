import { statSync } from 'node:fs'
import { relative, resolve, sep } from 'node:path'

const endings = ['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs']

/** Whether a name ends as a source file does. */
export function looksLikeSource(name: string): boolean {
  return endings.some((ending) => name.endsWith(ending))
}

/** Whether a path ends as a TypeScript file does. */
export function isTypeScript(path: string): boolean {
  return /\.[cm]?tsx?$/.test(path)
}

/** Absolute path of the file that is meant; its ending may be left out. Undefined when there is none. */
export function existingFile(name: string): string | undefined {
  const path = resolve(name)
  return ['', ...endings].map((ending) => path + ending).find(isFile)
}

export function isFolder(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** The path as people write it: relative where it lies below the working directory. */
export function shown(path: string): string {
  const short = relative(process.cwd(), path)
  return short === '' || short.startsWith(`..${sep}`) || short === '..' ? path : short
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}
