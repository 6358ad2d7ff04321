import ts from 'typescript-api'
import type { SourceFile } from './sources.ts'

/** The longest file and the longest function that we accept, in lines. */
export const BUDGETS = { file: 250, function: 60 } as const

/** Says so when a file is longer than the budget. */
export function fileLengthFaults({ path, text }: SourceFile): string[] {
  const lines = text.trimEnd().split('\n').length
  return lines > BUDGETS.file ? [`${path} has ${lines} lines`] : []
}

/** The functions that are longer than the budget, from the first line of their head to the last brace. */
export function functionLengthFaults(file: SourceFile): string[] {
  return inspect(file, (node, lineOf) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return undefined
    const first = lineOf(node.getStart(node.getSourceFile()))
    const lines = lineOf(node.end) - first + 1
    return lines > BUDGETS.function ? `${file.path}:${first} is a function of ${lines} lines` : undefined
  })
}

/** The decorators of a file: Node cannot strip them, so that only services may use them, never the package. */
export function decoratorFaults(file: SourceFile): string[] {
  return inspect(file, (node, lineOf) =>
    ts.isDecorator(node) ? `${file.path}:${lineOf(node.pos)} has a decorator` : undefined,
  )
}

/** Each `any` in a declaration file: what a user would lose the types of. */
export function anyFaults(file: SourceFile): string[] {
  return inspect(file, (node, lineOf) =>
    node.kind === ts.SyntaxKind.AnyKeyword ? `${file.path}:${lineOf(node.pos)} says any` : undefined,
  )
}

type Judge = (node: ts.Node, lineOf: (position: number) => number) => string | undefined

function inspect({ path, text }: SourceFile, judge: Judge): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true)
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line + 1
  const faults: string[] = []
  const visit = (node: ts.Node): void => {
    const fault = judge(node, lineOf)
    if (fault !== undefined) faults.push(fault)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return faults
}
