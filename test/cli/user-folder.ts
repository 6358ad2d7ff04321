import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the package under test. */
export const packageRoot = dirname(fileURLToPath(import.meta.resolve('tomodachi/package.json')))

const folders: string[] = []

/** A folder outside of the package with these files; `install` puts packages into its node_modules. */
export function userFolder(
  texts: Readonly<Record<string, string>>,
  install: (modules: string) => void,
): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tomodachi-cli-')))
  folders.push(folder)
  const modules = join(folder, 'node_modules')
  mkdirSync(modules)
  install(modules)
  for (const [name, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

/** Removes every folder that was made; links in them are not followed. */
export function removeUserFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}
