import { readFileSync, realpathSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import {
  checkPackages,
  isDisabled,
  type Packages,
  SDK,
  startNodeSdkOf,
  startSdk,
  takePrometheus,
} from '../../../adapters/opentelemetry/sdk/index.ts'
import { type Adapter, getLogger, type Service, TomodachiError } from '../../index.ts'
import { flushAtEnd } from '../../log/index.ts'
import { importFrom } from '../loading/module.ts'
import { existingFile } from '../program/file.ts'
import { packageFileOf } from '../program/package.ts'

// Loaded with --opentelemetry-instrument only.

/** Throws `PACKAGE_MISSING` if the project of the files lacks what instrumenting needs. */
export function checkInstrumenting(files: readonly string[]): void {
  checkPackages(packagesOf(files), '--opentelemetry-instrument')
}

/**
 * Starts OpenTelemetry's SDK of the project, before its files are loaded; it is flushed when the process ends. Resolves
 * with a function that gives the adapters which the loaded services need in addition. Throws `SDK_UNSUPPORTED`.
 */
export async function startInstrumenting(
  files: readonly string[],
): Promise<(services: readonly Service[]) => Promise<readonly Adapter[]>> {
  if (isDisabled(process.env)) {
    getLogger('tomodachi.opentelemetry').info('OTEL_SDK_DISABLED is true, so nothing is traced or exported')
    return async () => []
  }
  takePrometheus(process.env)
  const packages = packagesOf(files)
  const start = await startNodeSdkOf(packages)
  if (start === undefined) throw new TomodachiError('SDK_UNSUPPORTED', { packages: SDK })
  const sdk = await startSdk(start, packages, process.env)
  flushAtEnd(sdk.flush)
  return sdk.adaptersFor
}

/** The packages of the project of the first file, or of the working directory if there is no such file. */
function packagesOf([first = '.']: readonly string[]): Packages {
  const path = existingFile(first)
  const project = pathToFileURL(
    path === undefined ? `${process.cwd()}/package.json` : realpathSync(path),
  ).href
  const urlOf = (from: string | undefined) => (from === undefined ? project : pathToFileURL(from).href)
  return {
    find(name, from) {
      const found = packageFileOf(name, urlOf(from))
      // Where a package is a link, its own packages are beside what it links to.
      return found === undefined ? undefined : realpathSync(found)
    },
    load: (specifier, from) => importFrom(specifier, urlOf(from)),
    named() {
      const file = packageFileOf(project, project)
      if (file === undefined) return []
      const { dependencies, devDependencies } = JSON.parse(readFileSync(file, 'utf8')) as ProjectPackage
      return Object.keys({ ...dependencies, ...devDependencies })
    },
  }
}

interface ProjectPackage {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}
