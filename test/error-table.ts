import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type DeclaredError, declaredErrors } from 'tomodachi/adapter-kit'
import { filesUnder, ROOT } from './architecture/sources.ts'

const heading = '| code | owner | status | meaning |\n|---|---|---|---|\n'

/** Every error of the package, sorted by code: each owner declares its own in a file `errors`. */
export async function allErrors(): Promise<readonly DeclaredError[]> {
  for (const { path } of filesUnder('dist'))
    if (path.endsWith('/errors.js')) await import(pathToFileURL(join(ROOT, path)).href)
  return declaredErrors()
}

/** The table of all errors: the values of a sentence in angle brackets, no status where it is 500. */
export async function errorTable(): Promise<string> {
  const rows = (await allErrors()).map(({ code, owner, status, sentence }) => {
    const values = new Proxy({}, { get: (_, key) => `<${String(key)}>` })
    const meaning = sentence(values as never)
      .replaceAll('|', '\\|')
      .replaceAll('<', '\\<')
    return `| \`${code}\` | ${owner} | ${status === 500 ? '' : status} | ${meaning.replaceAll('\n', ' ')} |\n`
  })
  return heading + rows.join('')
}
