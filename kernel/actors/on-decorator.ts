import { TomodachiError } from '../errors.ts'
import type { Handler, Returned } from './handler-context.ts'
import type { AddedTo, ContextOf, Service } from './service.ts'
import { checkSource } from './service-checks.ts'
import type { ReplyOf, Source } from './source.ts'

/** What the middleware of a service class adds to the contexts of its handlers. */
type AddedIn<This> = This extends Service<infer Added> ? AddedTo<Added> : never

/**
 * The decorator form of `service.on`. It registers a method and leaves the method itself unchanged. You can stack it.
 * It checks that the method's parameter asks for nothing that the source does not give.
 *
 *     class Orders extends Service {
 *       @on(api.get('/orders/:id')) order({ params }: { params: { id: string } }) { … }
 *     }
 */
export function on<S extends Source>(
  source: S,
): <This extends Service<unknown>, R extends Returned<ReplyOf<S>>>(
  method: Handler<ContextOf<S, AddedIn<This>>, R, ReplyOf<S>>,
  decorated: ClassMethodDecoratorContext<This, (this: This, context: ContextOf<S, AddedIn<This>>) => R>,
) => void {
  checkSource(source)
  return (_method, decorated) => {
    // With experimentalDecorators, the second argument is the method's name.
    if (typeof decorated !== 'object') throw new TomodachiError('DECORATORS_LEGACY', {})
    decorated.addInitializer(function () {
      // Read when called: from the instance, so that a subclass that overrides the method without decorating it again
      // still handles; and late, because tools that lower private methods add them after the initializers have run.
      const method = (context: never) => decorated.access.get(this).call(this, context)
      ;(this as unknown as Service).on(source, method as () => never, { name: String(decorated.name) })
    })
  }
}
