import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What is known of an error, as fields of a record hold it. */
export interface ErrorText {
  readonly name: string
  readonly message: string
  readonly stack: string
}

/** An error for people. */
export interface Failure {
  /** Where it failed, as `src/orders.ts:12`: in the user's own code; undefined if that is not in the stack. */
  readonly place: string | undefined
  readonly title: string
  /** The user's own frames or, if there are none, the first frame. */
  readonly frames: readonly string[]
}

interface Frame {
  readonly text: string
  /** `src/orders.ts:12`; undefined in code of node, of a package, or of this library. */
  readonly place: string | undefined
}

const ownFolders = ['kernel', 'adapters', 'envelopes', 'statecharts'].map((folder) =>
  fileURLToPath(new URL(`../../../${folder}/`, import.meta.url)),
)
const packages = `${sep}node_modules${sep}`

/** Cuts the stack of an error to the user's own frames, with paths relative to the working directory. */
export function failureOf({ name, message, stack }: ErrorText): Failure {
  const end = stack.indexOf(message) + message.length
  const isHead = end >= message.length
  const own = message === '' ? name : `${name}: ${message}`
  const head = isHead ? stack.slice(0, end) : ''
  const frames = (isHead ? stack.slice(end) : stack)
    .split(/\r?\n/)
    .filter((line) => /^\s+at /.test(line))
    .map((line) => frameOf(line.trim()))
  const users = frames.filter(({ place }) => place !== undefined)
  return {
    place: users[0]?.place,
    // A syntax error's stack begins with the line that cannot be read.
    title: head.endsWith(`\n${own}`) ? head : own,
    frames: (users.length > 0 ? users : frames.slice(0, 1)).map(({ text }) => text),
  }
}

/** Reads `at name (file:line:column)` or `at file:line:column`. */
function frameOf(text: string): Frame {
  const open = text.endsWith(')') ? text.indexOf(' (') : -1
  const before = open < 0 ? (/^at (?:async )?/.exec(text)?.[0] ?? '') : text.slice(0, open + 2)
  const [, location = '', line, column] =
    /^(.*):(\d+):(\d+)$/.exec(text.slice(before.length, open < 0 ? undefined : -1)) ?? []
  const path = pathOf(location)
  if (path === undefined || path.includes(packages) || ownFolders.some((folder) => path.startsWith(folder)))
    return { text, place: undefined }
  const file = fromHere(path)
  return { text: `${before}${file}:${line}:${column}${open < 0 ? '' : ')'}`, place: `${file}:${line}` }
}

/** The path of a file of code; undefined for what stands in no file. */
function pathOf(location: string): string | undefined {
  if (!location.startsWith('file://')) return /^(?:\/|[a-z]:\\)/i.test(location) ? location : undefined
  try {
    return fileURLToPath(location)
  } catch {
    return undefined
  }
}

function fromHere(path: string): string {
  try {
    const found = relative(process.cwd(), path)
    return found.startsWith('..') ? path : found
  } catch {
    // The working directory has been deleted.
    return path
  }
}
