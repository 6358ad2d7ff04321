import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { partOf, reasonOf } from '../../adapter-kit.ts'
import { existingFile, shown } from '../program/file.ts'

/** At the beginning of a line, where everybody writes them. */
const decorator = /^[ \t]*(?:export[ \t]+(?:default[ \t]+)?)?@[\w$(]/m
const missingExport = /does not provide an export named '(.+)'/

/**
 * Why Node, which only strips types, cannot load TypeScript that tsx can; undefined for any other error. `files` are
 * the TypeScript files that Node has begun to load.
 */
export function reasonForTsx(error: unknown, files: Iterable<string>): string | undefined {
  const message = reasonOf(error)
  switch (partOf(error, 'code')) {
    case 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX':
    case 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING':
      return message.replace(/\.$/, '')
    case 'ERR_UNKNOWN_FILE_EXTENSION': {
      const [, ending] = /"(\.[cm]?tsx?)"/.exec(message) ?? []
      return ending && `Node does not read ${ending} files`
    }
    case 'ERR_MODULE_NOT_FOUND':
    case 'ERR_UNSUPPORTED_DIR_IMPORT':
      return reasonForFile(partOf(error, 'url'))
    default:
      // V8 names neither the file nor the token.
      return message === 'Invalid or unexpected token' ? decoratorIn(files) : undefined
  }
}

/** What helps when an import names a type: tsx leaves such imports out, and Node cannot know them. */
export function hintForType(message: string): string {
  const [, name] = missingExport.exec(message) ?? []
  return name === undefined ? '' : `; if ${name} is a type, import it with "import type"`
}

/** For a specifier that tsx completes: `./lib` and `./lib.js` for lib.ts, and `./lib` for lib/index.ts. */
function reasonForFile(url: unknown): string | undefined {
  if (typeof url !== 'string' || !url.startsWith('file:')) return undefined
  const path = fileURLToPath(url)
  const stem = path.replace(/\.[cm]?jsx?$/, '')
  const found = existingFile(stem) ?? existingFile(`${path}/index`)
  return found && `an import names ${shown(path)}, but the file is ${shown(found)}`
}

function decoratorIn(files: Iterable<string>): string | undefined {
  for (const file of files) {
    const text = readFileSync(file, 'utf8')
    const found = decorator.exec(text)
    if (found) return `${shown(file)}:${text.slice(0, found.index).split('\n').length} has a decorator`
  }
  return undefined
}
