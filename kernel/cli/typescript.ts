import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

let registered = false

/**
 * Has Node read TypeScript from now on, with decorators, through tsx. It follows the tsconfig.json of the working
 * directory. Files with `import` or `export` are ES modules whatever package.json says, because this package is one:
 * loaded through CommonJS, they could get a second copy of it, and have no top-level await.
 */
export async function registerTypeScript(): Promise<void> {
  if (registered) return
  registered = true
  const { register } = await import('tsx/esm/api')
  register()
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context)
      const isRequired = context.conditions.includes('require')
      return isRequired || !isModule(resolved.url) ? resolved : { ...resolved, format: 'module' }
    },
  })
}

function isModule(url: string): boolean {
  if (!/^file:.*\.tsx?(\?.*)?$/.test(url) || url.includes('/node_modules/')) return false
  return /^\s*(import|export)\b/m.test(readFileSync(fileURLToPath(url), 'utf8'))
}
