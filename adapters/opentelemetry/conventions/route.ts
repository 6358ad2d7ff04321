import { partOf } from '../../../kernel/adapter-kit.ts'
import type { Delivery } from '../../../kernel/index.ts'

/** `http.route` of a source: the path that it was made with. An error source has none, as it is no route. */
export function routeOf(source: Delivery['actor']['source'] | undefined): string | undefined {
  if (partOf(source, 'errorStatus') !== undefined) return undefined
  const path = partOf(source, 'path')
  return path instanceof RegExp ? path.source : typeof path === 'string' ? path : undefined
}
