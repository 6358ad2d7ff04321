import { readFileSync, statSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isTypeScript } from '../program/file.ts'
import { packageFileOf } from '../program/package.ts'
import { importFrom } from './module.ts'

type Tsx = typeof import('tsx/esm/api')

/** The registered TypeScript loader, the tsconfig.json that it follows, and the files that Node strips without tsx. */
let registered:
  | {
      readonly tsconfig: string | false | undefined
      readonly stripped: ReadonlySet<string> | undefined
      undo(): Promise<void>
    }
  | undefined

/**
 * Makes Node read TypeScript, with decorators and all, through tsx if it is installed. tsx follows the tsconfig.json
 * that TSX_TSCONFIG_PATH names, or else the one nearest to `path`, in its folder or above. Resolves with undefined.
 *
 * Without tsx, Node strips the types. Resolves with a set of the TypeScript files that Node loads; it grows as they
 * are loaded.
 *
 * Modules that are loaded already stay as they are. Files with `import` or `export` are ES modules whatever
 * package.json says, because this package is one: loaded through CommonJS, they could get a second copy of it and
 * could not use top-level await.
 */
export async function registerTypeScript(path: string): Promise<ReadonlySet<string> | undefined> {
  const tsconfig = process.env.TSX_TSCONFIG_PATH ? undefined : (nearestConfig(path) ?? false)
  if (registered && registered.tsconfig === tsconfig) return registered.stripped
  // tsx follows one tsconfig.json at a time; two registrations would both transform each file.
  await registered?.undo()
  registered = undefined
  const tsx = await tsxFor(path)
  const unregister = tsx?.register(tsconfig === undefined ? {} : { tsconfig })
  const stripped = tsx ? undefined : new Set<string>()
  // Node reads no JSX.
  const [format, ending] = stripped ? ['module-typescript', /\.ts$/] : ['module', /\.tsx?$/]
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context)
      const file = ownTypeScript(resolved.url)
      if (file === undefined) return resolved
      stripped?.add(file)
      const isRequired = context.conditions.includes('require')
      return isRequired || !ending.test(file) || !isModule(file) ? resolved : { ...resolved, format }
    },
  })
  const undo = async () => {
    hooks.deregister()
    await unregister?.()
  }
  registered = { tsconfig, stripped, undo }
  return stripped
}

/** tsx as this package finds it, or else as the file does. Undefined when neither finds it. */
async function tsxFor(path: string): Promise<Tsx | undefined> {
  const places = [import.meta.url, pathToFileURL(path).href]
  const from = places.find((place) => packageFileOf('tsx', place) !== undefined)
  return from === undefined ? undefined : ((await importFrom('tsx/esm/api', from)) as unknown as Tsx)
}

function nearestConfig(path: string): string | undefined {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const config = join(folder, 'tsconfig.json')
    if (statSync(config, { throwIfNoEntry: false })?.isFile()) return config
    if (folder === dirname(folder)) return undefined
  }
}

/** Not `import x = require('x')` and `export = x`, which are CommonJS. */
const esModule = /^[^\S\n\r\u2028\u2029]*(import\b(?!\s+\w+\s*=\s*require\b)|export\b(?!\s*=))/m

/** The path of a TypeScript file that belongs to no installed package. */
function ownTypeScript(url: string): string | undefined {
  if (!url.startsWith('file:') || url.includes('/node_modules/')) return undefined
  const path = fileURLToPath(url)
  return isTypeScript(path) ? path : undefined
}

function isModule(path: string): boolean {
  return esModule.test(readFileSync(path, 'utf8'))
}
