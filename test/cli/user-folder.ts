import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
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

/** Installs the package as a link, as in a workspace: the command and the services share one copy. */
export function linked(modules: string): void {
  symlinkSync(packageRoot, join(modules, 'tomodachi'))
}

/** Installs a copy of the package of its own, as npm does. */
export function copied(modules: string): void {
  const copy = join(modules, 'tomodachi')
  for (const name of ['dist', 'package.json'])
    cpSync(join(packageRoot, name), join(copy, name), { recursive: true })
  symlinkSync(join(packageRoot, 'node_modules'), join(copy, 'node_modules'))
}

/** Removes every folder that was made; links in them are not followed. */
export function removeUserFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}
