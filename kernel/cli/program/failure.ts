import { fileURLToPath } from 'node:url'
import { isA, isError, nameOf, partOf, reasonOf, stackOf, textOf } from '../../adapter-kit.ts'
import { TomodachiError } from '../../index.ts'
import { packageFile } from './package.ts'

/** Codes whose cause was thrown by the user's code, so that its stack helps. */
const withUserStack: ReadonlySet<string> = new Set(['FILE_NOT_LOADABLE', 'SERVICE_NOT_MADE', 'START_FAILED'])
const ownFolders = ['dist', 'kernel', 'adapters', 'envelopes', 'statecharts']
const ownPlaces = ownFolders.map((folder) => new URL(`${folder}/`, packageFile))
const foreignPlaces = [
  'node:',
  'at __decorate',
  '/node_modules/tsx/',
  '/node_modules/esbuild/',
  '/node_modules/xstate/',
  '(<anonymous>)',
  '(index ',
]
const hidden = [...foreignPlaces, ...ownPlaces.flatMap((place) => [place.href, fileURLToPath(place)])]

/** What stderr says of a failure: one sentence, and below it the lines of the user's stack where they help. */
export function failureText(error: unknown): string {
  const lines = [`tomodachi: ${reasonOf(error)}`]
  if (isA(error, TomodachiError) && withUserStack.has(error.code)) lines.push(...stackLines(error.cause))
  return `${lines.join('\n')}\n`
}

/** The reason with the kind of error in front: `RangeError: out of bounds`. */
export function reasonWithName(error: unknown): string {
  if (!isError(error) || isA(error, TomodachiError)) return reasonOf(error)
  const inner = isA(error, AggregateError) ? innerReasons(partOf(error, 'errors')) : ''
  const message = reasonOf(error) || inner || textOf(partOf(error, 'code') ?? '')
  const name = nameOf(error)
  if (message === '') return name
  return name === 'Error' ? message : `${name}: ${message}`
}

function innerReasons(errors: unknown): string {
  return Array.isArray(errors) ? errors.map(reasonOf).join('; ') : ''
}

/** The lines of a stack that are in the user's code, without ours, Node's and tsx's. */
export function userFrames(error: Error): string[] {
  const lines = (stackOf(error) ?? '').split('\n')
  return lines.filter((line) => /^\s+at /.test(line) && !hidden.some((place) => line.includes(place)))
}

function stackLines(error: unknown, depth = 0): string[] {
  if (!isError(error) || depth > 3) return []
  const cause = partOf(error, 'cause')
  const below = stackLines(cause, depth + 1)
  const title = isError(cause) ? [`    caused by: ${reasonWithName(cause)}`] : []
  return [...userFrames(error), ...title, ...below]
}
