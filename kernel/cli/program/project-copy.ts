import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { existingFile } from './file.ts'
import { packageFile, packageFileOf } from './package.ts'

const handedOver = Symbol.for('tomodachi.handedOver')

/**
 * The program of the copy of this package that the first file among the words imports, where that is another copy than
 * this one: a globally installed command, whose services would be foreign to it. Undefined where this one is to run,
 * and always the second time.
 */
export function programOfProject(words: readonly string[]): URL | undefined {
  if (handedOver in globalThis) return undefined
  const files = words.map((word) => existingFile(word)).filter((path) => path !== undefined)
  // Some files are values of options, and may lie outside of every project.
  const found = files.map((file) => packageFileOf('tomodachi', pathToFileURL(file)))
  const other = found.find((path) => path !== undefined)
  if (other === undefined || realpathSync(other) === realpathSync(fileURLToPath(packageFile)))
    return undefined
  const { bin } = JSON.parse(readFileSync(other, 'utf8')) as { bin?: { tomodachi?: string } }
  const program = join(dirname(other), bin?.tomodachi ?? '')
  // One that was never built has none.
  if (bin?.tomodachi === undefined || !existsSync(program)) return undefined
  Object.assign(globalThis, { [handedOver]: true })
  return pathToFileURL(program)
}
