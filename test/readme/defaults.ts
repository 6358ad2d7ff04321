import { runInNewContext } from 'node:vm'
import ts from 'typescript-api'
import type { SourceFile } from '../architecture/sources.ts'

/** Shapes whose first argument is not a default. */
const withoutDefault = /^(callback|objectWith|record)\b/

/** What a file has the names in its patterns default to, and the entries of its constants `defaults` and `limits`. */
export function codedDefaults(file: SourceFile): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>()
  const add = (name: ts.Node, value: ts.Expression): void => {
    const text = name.getText()
    for (const constant of constantsIn(value)) found.set(text, (found.get(text) ?? new Set()).add(constant))
  }
  const visit = (node: ts.Node): void => {
    if (ts.isBindingElement(node) && node.initializer) add(node.propertyName ?? node.name, node.initializer)
    if (ts.isVariableDeclaration(node) && /^(defaults|limits|.*[sS]hapes)$/.test(node.name.getText())) {
      const entries = objectIn(node.initializer)?.properties ?? []
      // A limit stands as [default, least, most].
      for (const entry of entries)
        if (ts.isPropertyAssignment(entry)) {
          const { name, initializer: value } = entry
          // A shape has its default first.
          const parts = ts.isArrayLiteralExpression(value)
            ? value.elements
            : ts.isCallExpression(value) && !withoutDefault.test(value.getText())
              ? value.arguments
              : []
          const shown = parts[0] ?? value
          // A shape without a default leaves it to where it is used.
          if (shown.getText() !== 'undefined') add(name, shown)
        }
    }
    ts.forEachChild(node, visit)
  }
  visit(parsed(file))
  return found
}

/** One spelling for a default, whether code, a doc comment, a table or JSON names it. Sizes are in bytes. */
export function plain(value: unknown): string {
  if (value === null || value === undefined || value === Number.POSITIVE_INFINITY) return 'none'
  const isEmpty = typeof value === 'object' && Object.keys(value).length === 0
  const text = (isEmpty ? '' : String(value)).replace(/(?<=\d),(?=\d{3})/g, '')
  if (/^(|any|never|off|none|Infinity)$/.test(text)) return 'none'
  const [, count, time = ''] = /^(\d+) ?(ms|s|m|h|d)$/.exec(text) ?? []
  if (count !== undefined)
    return String(Number(count) * { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5 }[time as 's'])
  const [, size, unit] = /^(\d+) ?([KM])B$/.exec(text) ?? []
  return size === undefined ? text : String(Number(size) * 1_024 ** (unit === 'K' ? 1 : 2))
}

/** The constant that a description of a default begins with, as in "`100`, or the concurrency"; undefined for prose. */
export function constantIn(text: string | undefined): string | undefined {
  const [, code, word] =
    /^(?:`([^`]*)`|([\d,]+(?: (?:[KMG]B|ms|s|m|h|d))?|true|false|none|any|never|Infinity)\b)/.exec(
      text ?? '',
    ) ?? []
  const value = code ?? word
  return value === undefined ? undefined : plain(value)
}

/** The value of a constant expression, both of a choice between two; none of any other. */
function constantsIn(expression: ts.Expression): string[] {
  if (ts.isConditionalExpression(expression)) {
    return [expression.whenTrue, expression.whenFalse].flatMap(constantsIn)
  }
  try {
    return [plain(runInNewContext(`(${expression.getText()})`))]
  } catch {
    return []
  }
}

function objectIn(node: ts.Expression | undefined): ts.ObjectLiteralExpression | undefined {
  if (node && (ts.isAsExpression(node) || ts.isSatisfiesExpression(node))) return objectIn(node.expression)
  return node && ts.isObjectLiteralExpression(node) ? node : undefined
}

const trees = new Map<string, ts.SourceFile>()

function parsed({ path, text }: SourceFile): ts.SourceFile {
  const tree = trees.get(path) ?? ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true)
  trees.set(path, tree)
  return tree
}
