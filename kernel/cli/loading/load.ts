import { execFileSync } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { isA, isError, partOf, reasonOf, stackOf } from '../../adapter-kit.ts'
import { hasCode, TomodachiError } from '../../index.ts'
import { reasonWithName, userFrames } from '../program/failure.ts'
import { isTypeScript, shown } from '../program/file.ts'
import { orIdle } from './idle.ts'
import { registerTypeScript } from './typescript.ts'

/** What a module exports, by name. */
export type Exports = Readonly<Record<string, unknown>>

/**
 * Imports a file, TypeScript included. Throws FILE_NOT_LOADABLE, with the place of a syntax error in its reason, or
 * with what the module threw as its cause.
 */
export async function load(path: string): Promise<Exports> {
  const file = shown(path)
  try {
    if (isTypeScript(path)) await registerTypeScript(path)
    return await importModule(pathToFileURL(path).href, file)
  } catch (error) {
    if (hasCode(error, 'FILE_NEVER_LOADED')) throw error
    throw new TomodachiError('FILE_NOT_LOADABLE', { file, reason: reasonFor(error, path) }, { cause: error })
  }
}

/**
 * Imports by specifier. If a CommonJS module has a `default` of its own, as compilers write it, that is the default
 * export. Throws FILE_NEVER_LOADED when a top-level await never settles.
 */
export async function importModule(specifier: string, file: string): Promise<Exports> {
  const imported = import(specifier) as Promise<Exports>
  let exports = await orIdle(imported, () => new TomodachiError('FILE_NEVER_LOADED', { file }))
  // Node gives `module.exports` as the default export, and compilers may wrap it once more.
  for (let depth = 0; depth < 2 && isModuleLike(exports.default); depth++) exports = exports.default
  return exports
}

function isModuleLike(value: unknown): value is Exports {
  if (typeof value !== 'object' || value === null) return false
  return Object.hasOwn(value, '__esModule') || Object.hasOwn(value, 'default')
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

/** Node writes file, line, source and carets above some syntax errors. */
function placeIn(text: string): string | undefined {
  const [, file, line, carets] = /^(?:file:\/\/)?(\/.+|[A-Z]:.+):(\d+)\n.*\n( *)\^/.exec(text) ?? []
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
