import { TomodachiError } from '../../../kernel/index.ts'

/** What a module exports, by name. */
export type Exports = Readonly<Record<string, unknown>>

/** The packages that are installed in the project of the services. */
export interface Packages {
  /**
   * The path of a package's package.json, as a file of the project finds it, or as one beside the package.json `from`.
   * Undefined if it is not installed.
   */
  find(name: string, from?: string): string | undefined
  /** Imports a package, or a file of it, as `find` finds it. */
  load(specifier: string, from?: string): Promise<Exports>
  /** Names of the packages that the project names in its package.json. */
  named(): readonly string[]
}

export const SDK = '@opentelemetry/sdk-node'
const needed = ['@opentelemetry/api', SDK]

/** Throws `PACKAGE_MISSING` if the project lacks a package that the SDK needs; `wanted` says what asks for it. */
export function checkPackages(packages: Packages, wanted: string): void {
  const missing = needed.filter((name) => packages.find(name) === undefined)
  if (missing.length > 0)
    throw new TomodachiError('PACKAGE_MISSING', { adapter: wanted, packages: missing.join(' ') })
}
