import { TomodachiError } from '../errors.ts'
import { partOf, reasonOf } from '../thrown.ts'

/**
 * Loads a package that need not be installed: `loadPackage('mine', 'its-client', () => import('its-client'))`. Rejects with
 * `PACKAGE_MISSING`, which says how to install `packages`, or with `PACKAGE_UNSUPPORTED` when they are installed but
 * what is loaded stands elsewhere in their release.
 */
export async function loadPackage<Module>(
  adapter: string,
  packages: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load()
  } catch (error) {
    const code = partOf(error, 'code')
    if (
      code === 'ERR_PACKAGE_PATH_NOT_EXPORTED' ||
      (code === 'ERR_MODULE_NOT_FOUND' && isWithinPackage(error))
    )
      throw new TomodachiError('PACKAGE_UNSUPPORTED', { adapter, packages }, { cause: error })
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error
    throw new TomodachiError('PACKAGE_MISSING', { adapter, packages }, { cause: error })
  }
}

/** Whether a file of a package is missing: otherwise node says that it cannot find the package. */
function isWithinPackage(error: unknown): boolean {
  return /^Cannot find module/.test(reasonOf(error))
}
