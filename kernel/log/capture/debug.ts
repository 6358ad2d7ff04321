import { stripVTControlCharacters } from 'node:util'
import { fitsWildcard } from '../../wildcard.ts'
import { logCaptured } from './captured.ts'
import { replaceMethod, type Undo } from './undo.ts'

const start = '\u001b'
const reset = `${start}[0m`
const plain = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (\S+) (.*)\n$/s
const colouredHead = new RegExp(`^ {2}${start}\\[3[\\d;]+;1m`)
const colouredTail = new RegExp(`^${start}\\[3[\\d;]+m\\+\\d+[a-z]+${start}\\[0m\\n$`)

/**
 * Logs what the package `debug` writes to stderr to `debug.<namespace>` at level debug. It covers every copy of the
 * package, bundled ones and forks too, because it recognizes the lines by their form and by namespaces that DEBUG
 * enables. Everything else goes to stderr. Without colours and with DEBUG_HIDE_DATE a line could be anybody's, so
 * it stays on stderr.
 */
export function captureDebug(): Undo {
  return replaceMethod(process.stderr, 'write', (original, chunk, encoding, callback) => {
    const line = typeof chunk === 'string' ? debugLine(chunk, process.env.DEBUG ?? '') : undefined
    if (line === undefined) return original(chunk, encoding, callback)
    logCaptured(`debug.${line.namespace}`, 'debug', line.message)
    const done = typeof encoding === 'function' ? encoding : callback
    if (typeof done === 'function') process.nextTick(done)
    return true
  })
}

interface DebugLine {
  readonly namespace: string
  readonly message: string
}

function debugLine(text: string, enabled: string): DebugLine | undefined {
  if (enabled === '') return undefined
  const isColoured = text.startsWith('  ')
  const [namespace = '', rest = ''] = isColoured ? colouredParts(text) : (plain.exec(text)?.slice(1) ?? [])
  if (namespace === '' || !isEnabled(namespace, enabled)) return undefined
  if (!isColoured) return { namespace, message: rest }
  const lines = stripVTControlCharacters(rest).split(`\n  ${namespace} `)
  return { namespace, message: lines.join('\n').trimEnd() }
}

/** Namespace and message of a coloured line. */
function colouredParts(text: string): string[] {
  const head = colouredHead.exec(text)?.[0].length ?? 0
  const end = text.indexOf(` ${reset}`, head)
  const tail = text.lastIndexOf(`${start}[3`)
  if (head === 0 || end < 0 || tail < end || !colouredTail.test(text.slice(tail))) return []
  return [text.slice(head, end), text.slice(end + 1 + reset.length, tail)]
}

/** Whether the patterns enable the namespace: separated by commas or spaces, `*` for any text, `-` to exclude. */
function isEnabled(namespace: string, patterns: string): boolean {
  const list = patterns.split(/[\s,]+/).filter(Boolean)
  const matches = (pattern: string) => fitsWildcard(pattern, namespace)
  return (
    list.some((pattern) => !pattern.startsWith('-') && matches(pattern)) &&
    !list.some((pattern) => pattern.startsWith('-') && matches(pattern.slice(1)))
  )
}
