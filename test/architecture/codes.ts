import { type Import, importsOf, partOf } from './imports.ts'
import type { SourceFile } from './sources.ts'

/** Where each code of an error is declared: the path of the file, by code. */
export function declaredCodes(files: readonly SourceFile[]): ReadonlyMap<string, string> {
  return new Map(
    files
      .filter(({ path }) => path.endsWith('/errors.ts'))
      .flatMap(({ path, text }) =>
        [...text.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, code = '']) => [code, path]),
      ),
  )
}

/** The codes that a file throws, or looks for, though they belong neither to its own part nor to the kernel. */
export function codeFaults({ path, text }: SourceFile, declared: ReadonlyMap<string, string>): string[] {
  return codesIn(text).flatMap((code) => {
    const owner = declared.get(code)
    if (owner === undefined) return [`${path} uses ${code}, which nobody declares`]
    const isOwn = [partOf(path), 'kernel'].includes(partOf(owner))
    return isOwn ? [] : [`${path} uses ${code} of ${owner}`]
  })
}

/**
 * Codes that a program which begins with one of the entries throws, though neither the entry nor the file that throws
 * them has loaded the file that declares them: they would have no sentence.
 */
export function undeclaredFaults(files: readonly SourceFile[], entries: readonly string[]): string[] {
  const declared = declaredCodes(files)
  const byPath = new Map(files.map((file) => [file.path, file]))
  const reached = (entry: string, kinds: readonly Import['kind'][]) => {
    const found = new Set([entry])
    for (const path of found) {
      const file = byPath.get(path)
      for (const { kind, target } of file ? importsOf(file) : []) if (kinds.includes(kind)) found.add(target)
    }
    return found
  }
  return entries.flatMap((entry) => {
    const loaded = reached(entry, ['static'])
    return [...reached(entry, ['static', 'dynamic'])].flatMap((path) =>
      codesIn(byPath.get(path)?.text ?? '')
        .map((code) => [code, declared.get(code) ?? ''] as const)
        .filter(([, owner]) => !loaded.has(owner) && !reached(path, ['static']).has(owner))
        .map(([code]) => `${entry} does not load what declares ${code} of ${path}`),
    )
  })
}

function codesIn(text: string): string[] {
  return [...text.matchAll(/(?:new TomodachiError\(|hasCode\([^,()]+,)\s*'(\w+)'/g)].map(
    ([, code = '']) => code,
  )
}
