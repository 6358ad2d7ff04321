import { join } from 'node:path'
import ts from 'typescript-api'
import { ROOT } from './sources.ts'

/** A name that an entry of the package exports. */
export interface ExportedName {
  readonly name: string
  /** There is nothing of it at run time. */
  readonly isType: boolean
  /** Whether its declaration says what it is. */
  readonly isDocumented: boolean
}

/** What files export, by path and in the order of the alphabet, with what they pass on. */
export function exportsOf(paths: readonly string[]): ReadonlyMap<string, readonly ExportedName[]> {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile).config,
    ts.sys,
    ROOT,
  )
  const program = ts.createProgram(
    paths.map((path) => join(ROOT, path)),
    { ...options, noEmit: true },
  )
  const checker = program.getTypeChecker()
  return new Map(
    paths.map((path) => {
      const file = program.getSourceFile(join(ROOT, path))
      const module = file && checker.getSymbolAtLocation(file)
      const found = module ? checker.getExportsOfModule(module) : []
      return [path, found.map((symbol) => exported(symbol, checker)).sort(byName)]
    }),
  )
}

function exported(symbol: ts.Symbol, checker: ts.TypeChecker): ExportedName {
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  return {
    name: symbol.name,
    isType: !(target.flags & ts.SymbolFlags.Value) || isTypeOnly(symbol),
    isDocumented: target.getDocumentationComment(checker).length > 0,
  }
}

function isTypeOnly(symbol: ts.Symbol): boolean {
  return (symbol.declarations ?? []).some(
    (node) => ts.isExportSpecifier(node) && (node.isTypeOnly || node.parent.parent.isTypeOnly),
  )
}

function byName(one: ExportedName, other: ExportedName): number {
  return one.name < other.name ? -1 : 1
}
