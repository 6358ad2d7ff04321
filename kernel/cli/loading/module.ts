import { registerHooks } from 'node:module'
import { TomodachiError } from '../../index.ts'
import { orIdle } from './idle.ts'

/** What a module exports, by name. */
export type Exports = Readonly<Record<string, unknown>>

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

/** Imports a package as a module at `from` would. Throws as `importModule` does. */
export async function importFrom(specifier: string, from: string): Promise<Exports> {
  const hooks = registerHooks({
    resolve: (wanted, context, next) =>
      next(wanted, wanted === specifier ? { ...context, parentURL: from } : context),
  })
  try {
    return await importModule(specifier, specifier)
  } finally {
    hooks.deregister()
  }
}

function isModuleLike(value: unknown): value is Exports {
  if (typeof value !== 'object' || value === null) return false
  return Object.hasOwn(value, '__esModule') || Object.hasOwn(value, 'default')
}
