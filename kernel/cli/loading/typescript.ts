import { readFileSync, statSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The registered TypeScript loader, and the tsconfig.json that it follows. */
let registered: { readonly tsconfig: string | false | undefined; undo(): Promise<void> } | undefined

/**
 * Makes Node read TypeScript, with decorators, through tsx. It follows the tsconfig.json that TSX_TSCONFIG_PATH
 * names, or else the one nearest to `path`, in its folder or above. Modules that are loaded already stay as they
 * are. Files with `import` or `export` are ES modules whatever package.json says, because this package is one:
 * loaded through CommonJS, they could get a second copy of it and could not use top-level await.
 */
export async function registerTypeScript(path: string): Promise<void> {
  const tsconfig = process.env.TSX_TSCONFIG_PATH ? undefined : (nearestConfig(path) ?? false)
  if (registered && registered.tsconfig === tsconfig) return
  // tsx follows one tsconfig.json at a time; two registrations would both transform each file.
  await registered?.undo()
  registered = undefined
  const { register } = await import('tsx/esm/api')
  const unregister = register(tsconfig === undefined ? {} : { tsconfig })
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context)
      const isRequired = context.conditions.includes('require')
      return isRequired || !isModule(resolved.url) ? resolved : { ...resolved, format: 'module' }
    },
  })
  const undo = async () => {
    hooks.deregister()
    await unregister()
  }
  registered = { tsconfig, undo }
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

function isModule(url: string): boolean {
  const [path = ''] = url.split('?', 1)
  if (!path.startsWith('file:') || !/\.tsx?$/.test(path) || path.includes('/node_modules/')) return false
  return esModule.test(readFileSync(fileURLToPath(url), 'utf8'))
}
