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
  return [...text.matchAll(/(?:new TomodachiError\(|hasCode\([^,()]+,)\s*'(\w+)'/g)].flatMap(
    ([, code = '']) => {
      const owner = declared.get(code)
      if (owner === undefined) return [`${path} uses ${code}, which nobody declares`]
      return isShared(owner) || path.startsWith(owner.replace('errors.ts', ''))
        ? []
        : [`${path} uses ${code} of ${owner}`]
    },
  )
}

function isShared(owner: string): boolean {
  return owner.startsWith('kernel/') && !owner.startsWith('kernel/cli/')
}
