import { createRequire } from 'node:module'

const load = createRequire(import.meta.url)

/**
 * Loads an optional package, at once: formats are made where topics are declared, and nothing can be awaited there.
 * Throws an Error with the code `PACKAGE_MISSING` that says what to install.
 */
export function peer(specifier: string, format: string): unknown {
  try {
    return load(specifier)
  } catch (cause) {
    const { code, message } = cause as { code?: string; message: string }
    if (code !== 'MODULE_NOT_FOUND' || !message.includes(`'${specifier}'`)) throw cause
    const [name] = specifier.split('/')
    const sentence = `${format}() needs the package ${name}; install it with "npm install ${name}"`
    throw Object.assign(new Error(sentence, { cause }), { code: 'PACKAGE_MISSING' })
  }
}
