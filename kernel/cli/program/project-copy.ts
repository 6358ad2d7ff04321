import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { existingFile } from './file.ts'
import { packageFile, packageFileOf } from './package.ts'

const handedOver = Symbol.for('tomodachi.handedOver')

/**
 * The program of the project's own copy of this package, to which the files among the words resolve. A globally
 * installed command hands over to it, because the project's services would be foreign to its own copy. Undefined
 * when both are the same copy, and after the handover.
 */
export function programOfProject(words: readonly string[]): URL | undefined {
  if (handedOver in globalThis) return undefined
  const files = words.map((word) => existingFile(word)).filter((path) => path !== undefined)
  // Some files are values of options and may lie outside of every project.
  const found = files.map((file) => packageFileOf('tomodachi', pathToFileURL(file)))
  const other = found.find((path) => path !== undefined)
  if (other === undefined || realpathSync(other) === realpathSync(fileURLToPath(packageFile)))
    return undefined
  const { bin } = JSON.parse(readFileSync(other, 'utf8')) as { bin?: { tomodachi?: string } }
  const program = join(dirname(other), bin?.tomodachi ?? '')
  // A copy that was never built has no program.
  if (bin?.tomodachi === undefined || !existsSync(program)) return undefined
  Object.assign(globalThis, { [handedOver]: true })
  return pathToFileURL(program)
}
