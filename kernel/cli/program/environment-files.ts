import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { partOf, reasonOf } from '../../adapter-kit.ts'
import { TomodachiError } from '../../index.ts'

const reasons: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EISDIR', 'it is a folder'],
])

/**
 * Sets the environment variables that the files name, as `node --env-file` does: a variable that is set already
 * stays, and of several files the later one wins. Throws ENV_FILE_UNREADABLE, and then sets nothing. Node itself
 * looks for such files anywhere on its command line; if one is missing, it ends with code 9 before any program
 * starts.
 */
export function loadEnvironmentFiles(files: readonly string[] = []): void {
  const variables: Record<string, string | undefined> = Object.assign({}, ...files.map(variablesIn))
  for (const [name, value] of Object.entries(variables)) process.env[name] ??= value
}

function variablesIn(file: string): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(file, 'utf8'))
  } catch (error) {
    const reason = reasons.get(partOf(error, 'code')) ?? reasonOf(error)
    throw new TomodachiError('ENV_FILE_UNREADABLE', { file, reason }, { cause: error })
  }
}
