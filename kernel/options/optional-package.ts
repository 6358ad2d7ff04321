import { TomodachiError } from '../errors.ts'
import { partOf } from '../thrown.ts'

/**
 * Loads a package that need not be installed: `loadPackage('mine', 'its-client', () => import('its-client'))`. Rejects with
 * `PACKAGE_MISSING`, which says how to install `packages`.
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
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error
    throw new TomodachiError('PACKAGE_MISSING', { adapter, packages }, { cause: error })
  }
}
