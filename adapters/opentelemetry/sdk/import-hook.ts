import { register as registerThread } from 'node:module'
import { pathToFileURL } from 'node:url'
import { partOf } from '../../../kernel/adapter-kit.ts'
import type { Exports, Packages } from './packages.ts'

/** The files of this package, as they are installed. */
const ownFiles = new URL('../../../', import.meta.url).href

interface Hook {
  supportsSyncHooks(): boolean
  register(options: object): void
}

/**
 * Lets instrumentations patch packages that are imported from now on: ES modules cannot be changed without. `places` are
 * package.json files beside which the instrumentations find the packages that they are made with. Files of the project
 * itself and of this package are left alone.
 */
export async function registerImportHook(packages: Packages, places: readonly string[]): Promise<void> {
  const instrumentation = places
    .map((place) => packages.find('@opentelemetry/instrumentation', place))
    .find((path) => path !== undefined)
  if (instrumentation === undefined) return
  const options = { exclude: [/^file:(?!.*\/node_modules\/)/, new RegExp(`^${escaped(ownFiles)}`)] }
  const hook = await hookOf(packages, instrumentation)
  if (hook?.supportsSyncHooks()) return hook.register(options)
  const parentURL = pathToFileURL(instrumentation).href
  registerThread('import-in-the-middle/hook.mjs', { parentURL, data: options })
}

/** The hook that runs in this thread; undefined for a release that has none. */
async function hookOf(packages: Packages, instrumentation: string): Promise<Hook | undefined> {
  try {
    return (await packages.load('import-in-the-middle/register-hooks.mjs', instrumentation)) as Exports & Hook
  } catch (error) {
    if (partOf(error, 'code') === 'ERR_MODULE_NOT_FOUND') return undefined
    throw error
  }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
