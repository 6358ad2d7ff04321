import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript-api'
import { ROOT } from '../architecture/sources.ts'

/** An option as its declaration describes it. */
export interface Option {
  /** Those of an object have its name in front: `qos.queuePrefetchCount`. */
  readonly name: string
  /** In one line; `function` or `object` for what is long. */
  readonly type: string
  /** The doc comment in one line, without what it says of the default. */
  readonly text: string
  /** What the doc comment says of the default; undefined where it says nothing. */
  readonly default: string | undefined
  /** The source file that declares it, from the root. */
  readonly source: string
}

const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  exports: Record<string, string | { types: string }>
}

/** The entries of the package by the name that they are imported by, with their declarations. */
const entries = new Map(
  Object.entries(exports).flatMap(([subpath, target]): [string, string][] =>
    typeof target === 'string' ? [] : [[subpath.replace(/^\./, 'tomodachi'), join(ROOT, target.types)]],
  ),
)

const program = ts.createProgram([...entries.values()], {
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  strict: true,
  exactOptionalPropertyTypes: true,
  types: ['node'],
})
const checker = program.getTypeChecker()

/** The types of options of those who write services, as `HttpOptions of tomodachi/http`. */
export function optionTypes(): string[] {
  const ofServices = [...entries.keys()].filter((entry) => entry !== 'tomodachi/adapter-kit')
  return ofServices.flatMap((entry) =>
    exportsOf(entry)
      .filter(({ name }) => /^[A-Z]\w*Options$/.test(name))
      .map(({ name }) => `${name} of ${entry}`),
  )
}

/** The options of such a type, those that it has from others too. Throws when no entry exports it. */
export function optionsOf(reference: string): Option[] {
  const [, name = '', entry = ''] = /^(\w+) of (\S+)$/.exec(reference) ?? []
  const found = exportsOf(entry).find((symbol) => symbol.name === name)
  if (!found) throw new Error(`${entry} exports no ${name}`)
  return membersOf(checker.getDeclaredTypeOfSymbol(resolved(found)), '')
}

function exportsOf(entry: string): readonly ts.Symbol[] {
  const file = program.getSourceFile(entries.get(entry) ?? '')
  const symbol = file && checker.getSymbolAtLocation(file)
  return symbol ? checker.getExportsOfModule(symbol) : []
}

function resolved(symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
}

function membersOf(type: ts.Type, prefix: string): Option[] {
  return checker.getPropertiesOfType(type).flatMap((symbol) => {
    const declaration = symbol.declarations?.[0]
    if (!declaration) return []
    const name = prefix + symbol.name
    const text = ts.displayPartsToString(symbol.getDocumentationComment(checker)).replace(/\s+/g, ' ')
    const own = { name, type: typeIn(declaration), ...described(text), source: sourceOf(declaration) }
    const inner = optionsIn(checker.getTypeOfSymbolAtLocation(symbol, declaration))
    // Whoever names the defaults of a part here has others than the part's own type.
    if (!inner || /\(default\b/.test(text)) return [own]
    return [own, ...membersOf(inner, `${name}.`)]
  })
}

/** The object of options that a type is, or that it is one of several choices; undefined for everything else. */
function optionsIn(type: ts.Type): ts.Type | undefined {
  const choices = type.isUnion() ? type.types : [type]
  const objects = choices.filter((choice) => {
    const isOptions = /^(__type|\w+Options|\w+Urls|Backoff)$/.test(choice.symbol?.name ?? '')
    const declaration = choice.symbol?.declarations?.[0]
    return isOptions && declaration && isOurs(declaration) && choice.getCallSignatures().length === 0
  })
  return objects.length === 1 ? objects[0] : undefined
}

function isOurs(declaration: ts.Declaration): boolean {
  return declaration.getSourceFile().fileName.startsWith(join(ROOT, 'dist'))
}

function sourceOf(declaration: ts.Declaration): string {
  const path = relative(join(ROOT, 'dist'), declaration.getSourceFile().fileName)
  return path.replaceAll('\\', '/').replace(/\.d\.ts$/, '.ts')
}

const longest = 40

function typeIn(declaration: ts.Declaration): string {
  if (ts.isMethodSignature(declaration)) return 'function'
  const node = ts.isPropertySignature(declaration) ? declaration.type : undefined
  const text = (node?.getText() ?? '')
    .replace(/\s+/g, ' ')
    .replace(/\breadonly /g, '')
    .replace(/ \| undefined\b/g, '')
  if (text.startsWith('{')) return 'object'
  if (/^\(.*=>/.test(text) && text.length > longest) return 'function'
  return text
}

/** Until the end of the sentence: neither a dot in code nor one within a number ends it. */
const ofDefault = /\s*\bDefault:? ((?:`[^`]*`|\.(?=\S)|[^.`])+)\.?(?=\s|$)/

/** One of several choices: `retry` (default). */
const chosen = /(`[^`]+`) \(default\)/

function described(text: string): Pick<Option, 'text' | 'default'> {
  const value = (ofDefault.exec(text) ?? chosen.exec(text))?.[1]?.trim()
  const isConstant = /^(\d[\d,.]*( ([KMG]B|ms|s|m|h|d))?|true|false|Infinity)$/.test(value ?? '')
  return {
    text: text.replace(ofDefault, '').replace(chosen, '$1').trim(),
    default: isConstant ? `\`${value}\`` : value,
  }
}
