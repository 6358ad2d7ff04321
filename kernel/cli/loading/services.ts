import { dirname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isA, partOf } from '../../adapter-kit.ts'
import { getService, Service, TomodachiError } from '../../index.ts'
import { reasonWithName } from '../program/failure.ts'
import { existingFile, isFolder, shown } from '../program/file.ts'
import { packageFile, packageFileOf } from '../program/package.ts'
import { load } from './load.ts'
import type { Exports } from './module.ts'
import { serviceFiles } from './service-files.ts'

type ServiceClass = new () => Service

/**
 * The services that the files export, in the order of files and exports. An exported class is instantiated, unless
 * another exported class extends it or an exported instance is of that class. Throws FILE_NOT_FOUND,
 * FILE_NOT_LOADABLE, FILE_NEVER_LOADED, FILE_RUNS_ITSELF, FILE_WITHOUT_SERVICE, SERVICE_FOREIGN or
 * SERVICE_NOT_MADE.
 */
export async function servicesOf(files: readonly string[]): Promise<Service[]> {
  const paths = files.map(pathOf)
  const found = new Set<Service | ServiceClass>()
  // One after the other, so that the error names the first file that cannot be loaded.
  for (const path of paths) {
    const exports = await load(path)
    if (getService()) throw new TomodachiError('FILE_RUNS_ITSELF', { file: shown(path) })
    for (const candidate of candidatesOf(path, exports)) found.add(candidate)
  }
  const extended = new Set([...found].flatMap(classesBehind))
  return [...found].filter((candidate) => !extended.has(candidate)).map((candidate) => instanceOf(candidate))
}

function pathOf(file: string): string {
  const path = existingFile(file)
  if (path === undefined) {
    throw new TomodachiError('FILE_NOT_FOUND', { file, reason: reasonFor(file) })
  }
  return path
}

function reasonFor(file: string): string {
  if (!isFolder(file)) return 'there is no such file'
  const [likeliest] = serviceFiles(resolve(file))
  return `it is a folder; name a file in it${likeliest === undefined ? '' : `, such as ${likeliest}`}`
}

function candidatesOf(path: string, exports: Exports): (Service | ServiceClass)[] {
  const values = valuesOf(exports)
  const candidates = values.filter((value) => isA(value, Service) || isServiceClass(value))
  if (candidates.length > 0) return candidates as (Service | ServiceClass)[]
  const file = shown(path)
  if (!values.some(isForeign)) throw new TomodachiError('FILE_WITHOUT_SERVICE', { file })
  const other = packageFileOf('tomodachi', pathToFileURL(path))
  throw new TomodachiError('SERVICE_FOREIGN', {
    file,
    other: other === undefined ? 'that copy' : shown(dirname(other)),
    own: shown(dirname(fileURLToPath(packageFile))),
  })
}

/** The exported values. The exports of a CommonJS module are one object; the values in it count too. */
function valuesOf(exports: Exports): unknown[] {
  const { default: object } = exports
  const isPlain = typeof object === 'object' && object !== null && !looksLikeService(object)
  return isPlain ? [...Object.values(exports), ...membersOf(object)] : Object.values(exports)
}

function membersOf(object: object): unknown[] {
  try {
    return Object.values(object)
  } catch {
    return []
  }
}

function isServiceClass(value: unknown): value is ServiceClass {
  return typeof value === 'function' && isA(partOf(value, 'prototype'), Service)
}

/** Whether the value is a service, or a class of services, from another copy of the package. */
function isForeign(value: unknown): boolean {
  return looksLikeService(typeof value === 'function' ? partOf(value, 'prototype') : value)
}

/** Whether a value has the methods of a service. A service from another copy is not an instance of our class. */
function looksLikeService(value: unknown): boolean {
  return ['on', 'onStarted', 'onStopping'].every((name) => typeof partOf(value, name) === 'function')
}

/** The classes that an instance is of, or that a class extends, all the way up. */
function classesBehind(candidate: Service | ServiceClass): unknown[] {
  const classes: unknown[] = []
  let next: unknown =
    typeof candidate === 'function' ? Object.getPrototypeOf(candidate) : candidate.constructor
  while (typeof next === 'function') {
    classes.push(next)
    next = Object.getPrototypeOf(next)
  }
  return classes
}

function instanceOf(candidate: Service | ServiceClass): Service {
  if (isA(candidate, Service)) return candidate
  try {
    return new candidate()
  } catch (error) {
    const values = { service: candidate.name, reason: reasonWithName(error) }
    throw new TomodachiError('SERVICE_NOT_MADE', values, { cause: error })
  }
}
