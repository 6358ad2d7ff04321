import { follow, isPromise } from '../../promise.ts'
import { type AnyMiddleware, validated } from '../middleware.ts'
import type { Validation } from '../source.ts'
import { Context } from './context.ts'
import { Passage } from './passage.ts'

type Handler = (context: Context) => unknown
type Layer = (context: Context, passage: Passage) => Promise<unknown>

/**
 * The onion, built once. Without middleware it is the handler itself. What the source validates late is validated at
 * `validated`, else right before the handler. No layer makes a promise of its own where the middleware or the handler
 * has made one: with middleware, what this returns is the outermost one's own promise, of an outcome that the passage of
 * the delivery turns into a reply.
 */
export function compose(
  middlewares: readonly AnyMiddleware[],
  handler: Handler,
  validation?: Validation<object>,
): Handler {
  const marked = validation ? middlewares.indexOf(validated) : -1
  if (middlewares.length === 0) return validation ? validating(validation, handler, Object.assign) : handler
  const innermost = validation && marked < 0 ? validating(validation, handler, Context.withValid) : handler
  const outermost = middlewares.reduceRight<Layer>((inner, middleware, index) => {
    if (validation && index === marked) return validating(validation, inner, Context.withValid)
    return layerOf(inner, middleware, marked < 0 || index < marked ? index : index - 1)
  }, coreOf(innermost))
  return (context) => {
    const passage = new Passage(context, middlewares)
    Context.taskOf(context).passage = passage
    passage.outcome = outermost(context, passage)
    return passage.outcome
  }
}

/** Validates what arrived, then runs the rest with it. A context that nobody else has is completed, else copied. */
function validating<Rest, More extends readonly unknown[]>(
  validation: Validation<object>,
  rest: (context: Context, ...more: More) => Rest,
  withValid: (context: Context, values: object) => Context,
): (context: Context, ...more: More) => Rest | Promise<Awaited<Rest>> {
  return (context, ...more) => {
    const values = validation.validate(context.envelope.given)
    return isPromise(values)
      ? follow(values, (late) => rest(withValid(context, late), ...more) as Awaited<Rest>)
      : rest(withValid(context, values), ...more)
  }
}

function coreOf(handler: Handler): Layer {
  return (context, passage) => {
    try {
      const reply = handler(context)
      return isPromise(reply)
        ? follow(
            reply,
            (late) => passage.replied(late),
            (error: unknown) => passage.failed(error),
          )
        : Promise.resolve(passage.replied(reply))
    } catch (error) {
      return passage.failedAtOnce(error)
    }
  }
}

/** A layer never throws, whatever its middleware does: it is called where a promise is awaited. */
function layerOf(inner: Layer, middleware: AnyMiddleware, place: number): Layer {
  const run = middleware as unknown as (
    context: Context,
    next: (addition?: object) => Promise<unknown>,
  ) => unknown
  return (context, passage) => {
    const next = (addition?: object) =>
      passage.mayStart(place)
        ? passage.started(place, start(inner, passage, context, addition))
        : passage.again(place, middleware, () => start(inner, passage, context, addition))
    try {
      return passage.returned(place, Promise.resolve(run(context, next)))
    } catch (error) {
      return passage.failedAtOnce(error)
    }
  }
}

function start(inner: Layer, passage: Passage, context: Context, addition?: object): Promise<unknown> {
  try {
    return inner(addition === undefined ? context : context.extended(addition), passage)
  } catch (error) {
    return passage.failedAtOnce(error)
  }
}
