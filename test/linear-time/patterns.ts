import fc from 'fast-check'
import ts from 'typescript-api'

/** A regular expression, and where it is made. */
export interface Pattern {
  readonly place: string
  readonly regex: RegExp
}

/** The literals of a source file. */
export function literalsIn(path: string, text: string): Pattern[] {
  const found: Pattern[] = []
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true)
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/')
      const { line } = file.getLineAndCharacterOfPosition(node.getStart())
      const regex = new RegExp(node.text.slice(1, end), node.text.slice(end + 1))
      found.push({ place: `${path}:${line + 1} ${node.text}`, regex })
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

/** How often a source file makes one of text. */
export function constructionsIn(path: string, text: string): number {
  let count = 0
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'RegExp')
      count++
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ESNext))
  return count
}

/** Those that modules of ours make of text while they are loaded by `load`. */
export async function madeWhile(load: () => Promise<unknown>): Promise<Pattern[]> {
  const made: Pattern[] = []
  const Original = globalThis.RegExp
  globalThis.RegExp = new Proxy(Original, {
    construct(target, args, newTarget) {
      const regex = Reflect.construct(target, args, newTarget) as RegExp
      const [, , caller = ''] = new Error().stack?.split('\n') ?? []
      const [place] = /dist\/(?:kernel|adapters|envelopes|statecharts)\/[^)]*/.exec(caller) ?? []
      if (place !== undefined && !caller.includes('node_modules'))
        made.push({ place: `${place} ${regex}`, regex })
      return regex
    },
  })
  await load().finally(() => {
    globalThis.RegExp = Original
  })
  return made
}

/** Pieces of which texts can be made that are hard for the pattern: the beginnings of what it matches, and their letters. */
export function piecesFor({ regex }: Pattern): string[] {
  const samples = [...samplesOf(regex), ...wordsOf(regex.source)]
  const beginnings = samples.flatMap((sample) =>
    Array.from({ length: Math.min(sample.length, 40) }, (_, length) => sample.slice(0, length + 1)),
  )
  return [...new Set([...beginnings, ...samples.join(''), ' ', '\n', 'a', '0', '\\', '"'])]
}

/** Texts that match, or nearly: conditions around are left out. */
function samplesOf({ source, flags }: RegExp): string[] {
  // Classes of Unicode, and one that leaves nothing of ASCII: fast-check would look for a letter for ever.
  if (/\\[pu]\{/.test(source) || /^\[\^(?:\\.|[^\]\\])*\]$/.test(source)) return []
  try {
    const simple = new RegExp(withoutConditions(source), flags.replace(/[giuy]/g, ''))
    return fc.sample(fc.stringMatching(simple, { size: 'xsmall' }), { numRuns: 4, seed: 1 })
  } catch {
    // What fast-check does not know.
    return []
  }
}

function withoutConditions(source: string): string {
  const plain = source.replaceAll('\\b', '')
  const start = plain.search(/\(\?<?[!=]/)
  if (start < 0) return plain
  let depth = 0
  for (let at = start; at < plain.length; at++) {
    if (plain[at] === '\\') at++
    else if (plain[at] === '[') at = endOfClass(plain, at)
    else if (plain[at] === '(') depth++
    else if (plain[at] === ')' && --depth === 0)
      return withoutConditions(plain.slice(0, start) + plain.slice(at + 1))
  }
  return plain
}

function endOfClass(source: string, start: number): number {
  let at = start + 1
  while (source[at] !== ']') at += source[at] === '\\' ? 2 : 1
  return at
}

/** The words of the source, alone and with what may part them. */
function wordsOf(source: string): string[] {
  const words = source.match(/[a-z-]{2,}/gi) ?? []
  return words.flatMap((word) => [word, `${word} `, `${word}: `, `${word}=`, `${word}"`, `/${word}`])
}
