import { posix } from 'node:path'
import { filesUnder, projectFiles, type SourceFile } from '../architecture/sources.ts'

/** The documents that users read: the overview, and those in the rooms. */
export const documents: readonly SourceFile[] = [
  ...projectFiles().filter(({ path }) => path === 'README.md'),
  ...['kernel', 'adapters', 'envelopes', 'statecharts', 'examples', 'test/bench']
    .flatMap(filesUnder)
    .filter(({ path }) => path.endsWith('.md')),
]

/** The document at this path, from the root. */
export function documentAt(path: string): SourceFile {
  const document = documents.find((one) => one.path === path)
  if (!document) throw new Error(`there is no ${path}`)
  return document
}

/** A fenced block of code. */
export interface Block {
  readonly language: string
  /** From the block's first line (`// service.ts`), or from its fence: `json package.json`. */
  readonly file: string | undefined
  readonly code: string
}

/** The lines that stand outside of fenced blocks. */
export function prose({ text }: SourceFile): string[] {
  return text.replace(/^```.*?^```$/gms, '').split('\n')
}

/** The headings, without their marks, in order. */
export function headings(document: SourceFile): string[] {
  return prose(document).flatMap((line) => /^#+ (.+)$/.exec(line)?.[1] ?? [])
}

export function blocks({ text }: SourceFile): Block[] {
  return [...text.matchAll(/^```(\w*) ?(\S*)\n(.*?)^```$/gms)].map(
    ([, language = '', titled = '', code = '']) => {
      const [, named] = /^\/\/ ([\w./-]+\.ts)\n/.exec(code) ?? []
      return { language, file: named ?? (titled || undefined), code }
    },
  )
}

/** The links of the prose: paths from the root, with `#anchor` where one is given. Links to other places stay as they are. */
export function links(document: SourceFile): string[] {
  const targets = [
    ...prose(document)
      .join('\n')
      .matchAll(/\]\(([^)]+)\)/g),
  ].map(([, target = '']) => target)
  return targets.map((target) => {
    if (/^https?:/.test(target)) return target
    if (target.startsWith('#')) return document.path + target
    return posix.join(posix.dirname(document.path), target)
  })
}

/** The headings as forges make anchors of them: small letters, digits, hyphens for spaces. */
export function anchors(document: SourceFile): string[] {
  return headings(document).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

/** The rows of the first table below a heading, as cells, without the table's own head. */
export function rowsBelow(document: SourceFile, heading: string): string[][] {
  const lines = prose(document)
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
