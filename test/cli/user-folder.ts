import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
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
  symlinkSync(join(packageRoot, 'node_modules'), join(copyOf(modules), 'node_modules'))
}

/** The same with its dependencies alone, as npm installs it when the project has none of the optional peers. */
export function copiedAlone(modules: string): void {
  const copy = copyOf(modules)
  const { dependencies } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'))
  for (const name of Object.keys(dependencies)) linkPackage(name, join(copy, 'node_modules'))
}

function copyOf(modules: string): string {
  const copy = join(modules, 'tomodachi')
  for (const name of ['dist', 'package.json'])
    cpSync(join(packageRoot, name), join(copy, name), { recursive: true })
  return copy
}

/** Links an installed package into a folder of packages. */
export function linkPackage(name: string, modules: string): void {
  const link = join(modules, name)
  mkdirSync(dirname(link), { recursive: true })
  symlinkSync(join(packageRoot, 'node_modules', name), link)
}

/** Removes every folder that was made; links in them are not followed. */
export function removeUserFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}
