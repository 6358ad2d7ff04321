import { optionShape, resolveOption } from '../../../kernel/adapter-kit.ts'
import type { Adapter, AnyMiddleware } from '../../../kernel/index.ts'
import { segmentsOf, wildcard } from './pattern.ts'
import { checkPath } from './router.ts'

/** A view of a server, as `use` and `group` make it. */
export interface View {
  readonly adapter: Adapter
  /** Middleware of all its sources. */
  readonly use: readonly AnyMiddleware[]
  /** What all its paths begin with: empty, or a path without a slash at its end. */
  readonly prefix: string
}

/** Where errors place arguments that are not options. */
const place = { owner: 'http', path: '' }

const prefixShape = optionShape<string>(
  '',
  (value) =>
    isPath(value)
      ? 'a path without * and without an optional parameter, since other paths follow it'
      : 'a path that begins with a slash, such as "/admin" or "/shops/:shop"',
  (value) => (isPath(value) && canBeFollowed(value) ? value : undefined),
)

const pathShape = optionShape<string>('', 'text, such as "/users/:id", in a group', (value) =>
  typeof value === 'string' ? value : undefined,
)

/** The view of a group. A slash at the end of its prefix is dropped. Throws `OPTION_INVALID` and `ROUTE_INVALID`. */
export function groupOf(view: View, prefix: string): View {
  const given = resolveOption(place, 'group(prefix)', prefix, prefixShape)
  let end = given.length
  while (given[end - 1] === '/') end--
  const own = given.slice(0, end)
  if (own !== '') checkPath(own)
  return { ...view, prefix: view.prefix + own }
}

/**
 * The whole path of a route: `/` is the prefix itself. A path without a slash in front stays as it is, for the router to
 * refuse. `argument` is what errors call the path. Throws `OPTION_INVALID` for a RegExp in a group.
 */
export function pathIn<Path extends string | RegExp>(
  { prefix }: View,
  argument: string,
  path: Path,
): Path | string {
  if (prefix === '') return path
  const own = resolveOption(place, argument, path, pathShape)
  if (!isPath(own)) return own
  return own === '/' ? prefix : prefix + own
}

function isPath(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('/')
}

function canBeFollowed(prefix: string): boolean {
  const hasOptional = /\/:[^/()?]*\?\/?$/.test(prefix)
  return !hasOptional && segmentsOf(prefix).every(({ kind }) => kind !== wildcard)
}
