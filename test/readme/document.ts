import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../architecture/sources.ts'

export const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')

/** A fenced block of code, and the heading that it stands below. */
export interface Block {
  readonly heading: string
  readonly language: string
  readonly code: string
}

/** The headings, without their marks, in order. */
export function headings(): string[] {
  return prose().flatMap((line) => /^#+ (.+)$/.exec(line)?.[1] ?? [])
}

/** The lines that stand outside of fenced blocks. */
export function prose(): string[] {
  return readme.replace(/^```.*?^```$/gms, '').split('\n')
}

export function blocks(): Block[] {
  const found: Block[] = []
  let heading = ''
  for (const [, title, language = '', code = ''] of readme.matchAll(
    /^#+ ([^\n]+)$|^```(\w*)\n(.*?)^```$/gms,
  )) {
    if (title === undefined) found.push({ heading, language, code })
    else heading = title
  }
  return found
}

/** The rows of the first table below a heading, as cells, without the table's own head. */
export function rowsBelow(heading: string): string[][] {
  const lines = prose()
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.endsWith(`# ${heading}`))
  const first = lines.findIndex((line, index) => index > start && line.startsWith('|'))
  const table = lines.slice(first)
  const end = table.findIndex((line) => !line.startsWith('|'))
  return table.slice(2, end).map(cellsOf)
}

/** The pieces of code in a cell: `one`, `two`. */
export function codeIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
}

function cellsOf(line: string): string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim())
}
