import type { Actor } from '../../../kernel/adapter-kit.ts'
import { getLogger } from '../../../kernel/index.ts'
import { createRouter } from './router.ts'
import type { HttpSource } from './source.ts'

/** The route table, and the handlers of errors; the first of a status counts, as with routes. */
export function routesOf(actors: readonly Actor<HttpSource>[]) {
  const routed = actors.filter(({ source }) => source.errorStatus === undefined)
  const router = createRouter(
    routed.map((actor) => ({ methods: actor.source.methods, path: actor.source.path, target: actor })),
  )
  for (const { methods, target } of router.shadowed) {
    getLogger('tomodachi.http').warn('a route can never match, an earlier one takes its requests', {
      route: target.address,
      methods,
    })
  }
  const errorActors = new Map<number, Actor<HttpSource>>()
  for (const actor of actors) {
    const { errorStatus } = actor.source
    if (errorStatus !== undefined && !errorActors.has(errorStatus)) errorActors.set(errorStatus, actor)
  }
  return { router, errorActors }
}
