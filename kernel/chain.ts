import { Context } from './context.ts'
import { TomodachiError } from './errors.ts'
import { type AnyMiddleware, Replied, validated } from './middleware.ts'
import { isPromise } from './settlement.ts'
import type { Validation } from './source.ts'

type Handler = (context: Context) => unknown
type Layer = (context: Context) => Promise<unknown>

/**
 * The onion, built once. Without middleware it is the handler itself. What the source validates late is validated at
 * `validated`, else right before the handler. No layer makes a promise of its own where the middleware or the handler
 * has made one.
 */
export function compose(
  middlewares: readonly AnyMiddleware[],
  handler: Handler,
  validation?: Validation<object>,
): Handler {
  const marked = middlewares.indexOf(validated)
  const innermost = validation && marked < 0 ? validating(validation, handler) : handler
  if (middlewares.length === 0) return innermost
  const outermost = middlewares.reduceRight<Layer>(
    (inner, middleware, place) =>
      validation && place === marked ? validating(validation, inner) : layerOf(inner, middleware),
    coreOf(innermost),
  )
  const replyOf = (outcome: unknown) => {
    if (outcome instanceof Replied) return outcome.reply
    const names = middlewares.map(({ name }) => name || '(anonymous)').join(', ')
    throw new TomodachiError('MIDDLEWARE_OUTCOME', { middleware: names })
  }
  return (context) => outermost(context).then(replyOf)
}

/** Validates what arrived, then runs the rest with it. */
function validating<Rest>(
  validation: Validation<object>,
  rest: (context: Context) => Rest,
): (context: Context) => Rest | Promise<Awaited<Rest>> {
  return (context) => {
    const values = validation.validate(context.envelope.given)
    return isPromise(values)
      ? values.then((late) => rest(Context.withValid(context, late)) as Awaited<Rest>)
      : rest(Context.withValid(context, values))
  }
}

function coreOf(handler: Handler): Layer {
  return (context) => {
    try {
      const reply = handler(context)
      return isPromise(reply) ? reply.then((late) => new Replied(late)) : Promise.resolve(new Replied(reply))
    } catch (error) {
      return Promise.reject(error)
    }
  }
}

/** A layer never throws, whatever its middleware does: it is called where a promise is awaited. */
function layerOf(inner: Layer, middleware: AnyMiddleware): Layer {
  const run = middleware as unknown as (
    context: Context,
    next: (addition?: object) => Promise<unknown>,
  ) => unknown
  return (context) => {
    const next = (addition?: object) => {
      try {
        return inner(addition === undefined ? context : context.extended(addition))
      } catch (error) {
        return Promise.reject(error)
      }
    }
    try {
      const outcome = run(context, next)
      return isPromise(outcome) ? outcome : Promise.resolve(outcome)
    } catch (error) {
      return Promise.reject(error)
    }
  }
}
