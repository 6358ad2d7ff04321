import { execFileSync } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { isA, isError, partOf, reasonOf, stackOf } from '../../adapter-kit.ts'
import { hasCode, TomodachiError } from '../../index.ts'
import { reasonWithName, userFrames } from '../program/failure.ts'
import { isTypeScript, shown } from '../program/file.ts'
import { type Exports, importModule } from './module.ts'
import { hintForType, reasonForTsx } from './type-stripping.ts'
import { registerTypeScript } from './typescript.ts'

/**
 * Imports a file, TypeScript included. Throws FILE_NOT_LOADABLE, with the place of a syntax error in its reason, or
 * with what the module threw as its cause. Throws TSX_MISSING for TypeScript that Node cannot load alone.
 */
export async function load(path: string): Promise<Exports> {
  const file = shown(path)
  let stripped: ReadonlySet<string> | undefined
  try {
    if (isTypeScript(path)) stripped = await registerTypeScript(path)
    return await importModule(pathToFileURL(path).href, file)
  } catch (error) {
    if (hasCode(error, 'FILE_NEVER_LOADED')) throw error
    const beyondNode = stripped && reasonForTsx(error, stripped)
    if (beyondNode) {
      const place = placeIn(stackOf(error) ?? '')
      const reason = place === undefined ? beyondNode : `${place}: ${beyondNode}`
      throw new TomodachiError('TSX_MISSING', { file, reason }, { cause: error })
    }
    const reason = reasonFor(error, path) + (stripped ? hintForType(reasonOf(error)) : '')
    throw new TomodachiError('FILE_NOT_LOADABLE', { file, reason }, { cause: error })
  }
}

function reasonFor(error: unknown, path: string): string {
  const reason = reasonWithName(error)
  if (!isError(error)) return reason
  const message = reasonOf(error)
  const transformed = /^(.+):(\d+):(\d+): ERROR: (.+)$/m.exec(message)
  if (transformed) {
    const [, file = '', line, column, text] = transformed
    return `${shown(file)}:${line}:${Number(column) + 1}: ${text}`
  }
  if (isA(error, SyntaxError) && userFrames(error).length === 0) {
    const place = placeIn(stackOf(error) ?? '') ?? placeByCheck(path)
    return place === undefined ? reason : `${place}: ${message}`
  }
  const stack = partOf(error, 'requireStack')
  if (!Array.isArray(stack) || typeof stack[0] !== 'string') return reason
  return `${message.split('\n')[0]} imported from ${stack[0]}`
}

/** Node writes file, line, source and carets above some syntax errors; above those of TypeScript, more of the source. */
function placeIn(text: string): string | undefined {
  const [, file, line, carets] = /^(?:file:\/\/)?(\/.+|[A-Z]:.+):(\d+)\n(?:.*\n){1,3}?( *)\^/.exec(text) ?? []
  return file === undefined ? undefined : `${shown(file)}:${line}:${(carets?.length ?? 0) + 1}`
}

/** For ES modules Node prints the place only when the error ends the process. */
function placeByCheck(path: string): string | undefined {
  if (isTypeScript(path)) return undefined
  try {
    execFileSync(process.execPath, ['--check', path], { stdio: 'pipe', encoding: 'utf8' })
    return undefined
  } catch (error) {
    return placeIn((error as { stderr?: string }).stderr ?? '')
  }
}
