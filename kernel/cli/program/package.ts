import { createRequire, findPackageJSON } from 'node:module'
import { pathToFileURL } from 'node:url'

const require = createRequire(import.meta.url)

/** Where this package's own package.json is. */
export const packageFile: URL = pathToFileURL(require.resolve('tomodachi/package.json'))

interface PackageJson {
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** Lines `name/version` of this package, of node, and of every dependency and optional peer that is installed. */
export function dependencyVersions(): string {
  const { version, dependencies, peerDependencies } = require('tomodachi/package.json') as PackageJson
  const names = Object.keys({ ...dependencies, ...peerDependencies }).sort()
  const installed = names.map((name) => [name, installedVersion(name)] as const)
  return [['tomodachi', version] as const, ['node', process.versions.node] as const, ...installed]
    .filter(([, found]) => found !== undefined)
    .map(([name, found]) => `${name}/${found}\n`)
    .join('')
}

/**
 * Absolute path of the package.json of the package `name`, as a module at `from` resolves it. Undefined when there
 * is none.
 */
export function packageFileOf(name: string, from: string | URL): string | undefined {
  try {
    return findPackageJSON(name, from)
  } catch {
    return undefined
  }
}

function installedVersion(name: string): string | undefined {
  const file = packageFileOf(name, import.meta.url)
  return file === undefined ? undefined : (require(file) as PackageJson).version
}
