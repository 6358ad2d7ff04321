import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { configureLogging, type LoggingOptions, TomodachiError } from '../../index.ts'
import { reasonWithName } from '../program/failure.ts'
import { existingFile } from '../program/file.ts'
import { packageFileOf } from '../program/package.ts'
import { load } from './load.ts'
import { type Exports, importFrom } from './module.ts'

type OwnLogger = Exclude<LoggingOptions['logger'], string | undefined>

const here = pathToFileURL(join(process.cwd(), 'package.json'))

/**
 * Makes the export of a module the logger of everything. `name` is `module` (its default export) or `module.name`.
 * The module is a package, or a file relative to the working directory, whose ending may be left out. Throws
 * LOGGER_NOT_FOUND, and LOGGER_INVALID for an export that cannot log.
 */
export async function useCustomLogger(name: string, level: string | undefined): Promise<void> {
  const logger = await exportOf(name)
  try {
    configureLogging({ logger: logger as OwnLogger, level })
  } catch (error) {
    const isLogger = !(error instanceof TomodachiError) || error.code !== 'LOGGER_INVALID'
    throw isLogger ? error : new TomodachiError('LOGGER_INVALID', { name })
  }
}

async function exportOf(name: string): Promise<unknown> {
  const { module, path } = splitName(name)
  const file = existingFile(module)
  const exports = file === undefined ? await loadPackage(module, name) : await load(file)
  // A module that exports functions can be a logger itself.
  const start = path.length === 0 ? (exports.default ?? exports) : exports
  const found = path.reduce<unknown>((value, key) => (value as Exports | undefined)?.[key], start)
  if (found !== undefined) return found
  throw new TomodachiError('LOGGER_NOT_FOUND', { name, reason: `${module} has no export ${path.join('.')}` })
}

/** The longest beginning of the name that is a module, and the names after it. */
function splitName(name: string): { module: string; path: string[] } {
  for (let end = name.length; end > 0; end = name.lastIndexOf('.', end - 1)) {
    const module = name.slice(0, end)
    if (existingFile(module) === undefined && packageFileOf(module, here) === undefined) continue
    return { module, path: name === module ? [] : name.slice(end + 1).split('.') }
  }
  throw new TomodachiError('LOGGER_NOT_FOUND', { name, reason: 'there is no such file or package' })
}

/** Imports a package as a file in the working directory would. */
async function loadPackage(module: string, name: string): Promise<Exports> {
  try {
    return await importFrom(module, here.href)
  } catch (error) {
    throw new TomodachiError('LOGGER_NOT_FOUND', { name, reason: reasonWithName(error) }, { cause: error })
  }
}
