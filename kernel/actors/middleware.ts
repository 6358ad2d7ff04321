import { TomodachiError } from '../errors.ts'
import type { MaybePromise } from '../promise.ts'
import type { HandlerContext, UnknownYet } from './handler-context.ts'

declare const added: unique symbol
declare const valid: unique symbol

/** The result of a middleware. Only `next` and `reply` make one, so a forgotten `next` does not compile. */
export interface Outcome<out Added = object> {
  /** The reply of the handler, or of a middleware that replied instead. */
  readonly reply: unknown
  /** Never present: carries the type. */
  readonly [added]: Added
}

/** Runs the rest: further middleware, then the handler. What you pass is added to their context. */
export interface Next {
  (): Promise<Outcome<object>>
  <Added extends object>(added: Added): Promise<Outcome<Added>>
}

/**
 * Runs around a handler. `Needs` is the context that it reads, `Added` is what it adds for middleware and handlers
 * after it.
 *
 *     const session = async ({ request }: { request: HttpRequest }, next: Next) =>
 *       next({ user: await userOf(request) })
 */
export type Middleware<Needs = HandlerContext, Added = object> = (
  context: Needs,
  next: Next,
) => Promise<Outcome<Added>>

/** Any middleware, whatever it needs and adds. */
export type AnyMiddleware = Middleware<never, unknown>

/** What a middleware adds. */
export type AddedBy<M> = M extends (context: never, next: Next) => Promise<Outcome<infer Added>>
  ? Added
  : object

/** What a list of middleware adds, taken together. */
export type AddedByAll<List extends readonly unknown[]> = List extends readonly [infer First, ...infer Rest]
  ? AddedBy<First> & AddedByAll<Rest>
  : object

/** What is given to middleware that runs before anything is validated; after `validated` it is `Given`. */
export interface Unvalidated<out Given> {
  /** Never present: carries the type. */
  readonly [valid]: Given
}

/** What those behind a middleware are given. */
type Behind<Given, M> = M extends typeof validated
  ? Given extends Unvalidated<infer Valid>
    ? Omit<Given, keyof Valid | typeof valid> & Valid
    : Given
  : Given & AddedBy<M>

/** What stands in the place of a middleware in the compiler's message, and says why it cannot stand there. */
type Fault<Given, Needs> = [Exclude<keyof Needs, keyof Given>] extends [never]
  ? `the "${Mistyped<Given, Needs>}" that this middleware needs has another type here`
  : `nothing before this middleware adds "${Exclude<keyof Needs, keyof Given> & string}"`

type Mistyped<Given, Needs> = {
  [Key in keyof Needs & keyof Given]: Given[Key] extends Needs[Key] ? never : Key
}[keyof Needs & keyof Given] &
  string

/** The list itself where each middleware finds what it needs in `Given` and in what those before it add. */
export type Chained<Given, List extends readonly unknown[]> = List extends readonly [
  infer First,
  ...infer Rest,
]
  ? readonly [Fitting<Given, First>, ...Chained<Behind<Given, First>, Rest>]
  : List

type Fitting<Given, M> = M extends (context: infer Needs, next: Next) => Promise<Outcome<unknown>>
  ? Given extends Needs
    ? M
    : Fault<Given, Needs>
  : M extends readonly unknown[]
    ? 'write each middleware itself here: [a, b], not [[a, b]]'
    : 'a middleware returns next() or reply(value)'

/** What a function in the place of a middleware may return, for the inference of its type. */
// biome-ignore lint/complexity/noBannedTypes: together with null and undefined it takes what is unknown
export type Ending = {} | null | undefined | UnknownYet

/** A middleware that ends in `End`; the sentence that the compiler is to say where that is not an outcome. */
export type EndingIn<Given, End> = [UnknownYet] extends [End]
  ? (context: Given, next: Next) => End
  : End extends Promise<Outcome<unknown>>
    ? (context: Given, next: Next) => End
    : 'a middleware returns next() or reply(value)'

/** What such a middleware adds. */
export type AddedByEnd<End> = [UnknownYet] extends [End]
  ? object
  : End extends Promise<Outcome<infer Added>>
    ? Added
    : object

/** Middleware in any form: one, a list, outermost first, or `use(a).use(b)`. */
export type Usable = AnyMiddleware | readonly AnyMiddleware[] | Middlewares<unknown>

/** Several middleware as they may be given; `Fits` says whether they fit. */
export type UsableList = readonly Written[] | Middlewares<unknown>

/** As it is written, which may be wrong: `Fits` says what is. */
export type Written = readonly Written[] | ((context: never, next: Next) => unknown) | Middlewares<unknown>

/** What it adds, however it was given. */
export type AddedByUse<Use> = Use extends readonly unknown[]
  ? AddedByAll<Use>
  : Use extends Middlewares<infer Added>
    ? Added
    : AddedBy<Use>

/** What is given itself, where all of it finds what it needs. */
export type Fits<Given, Use> = Use extends readonly unknown[]
  ? Chained<Given, Use>
  : Use extends Middlewares<unknown>
    ? Use
    : Fitting<Given, Use>

/** An immutable list of middleware, outermost first, that knows what it adds to the context. */
export interface Middlewares<out Added = object> {
  readonly list: readonly AnyMiddleware[]
  /**
   * Makes a longer list: `middleware`, a single one or a list, runs inside those before it and may need what they add.
   * Throws `OPTION_INVALID` for anything else.
   */
  use<End extends Ending, const List extends UsableList = readonly []>(
    middleware: EndingIn<HandlerContext & Added, End> | (List & Fits<HandlerContext & Added, List>),
  ): Middlewares<Added & AddedByEnd<End> & AddedByUse<List>>
  /** Never present: carries the type. */
  readonly [added]?: Added
}

/** Starts a list of middleware: `use(a).use(b)`, which is `use([a, b])`. Throws `OPTION_INVALID` for anything else. */
export function use<End extends Ending, const List extends UsableList = readonly []>(
  middleware: EndingIn<HandlerContext, End> | (List & Fits<HandlerContext, List>),
): Middlewares<AddedByEnd<End> & AddedByUse<List>> {
  return listOf(middlewareList(middleware as Usable))
}

function listOf<Added>(list: readonly AnyMiddleware[]): Middlewares<Added> {
  return { list, use: (middleware) => listOf([...list, ...middlewareList(middleware as Usable)]) }
}

/** The list of middleware that was given. Throws `OPTION_INVALID` for what is none. */
export function middlewareList(given: Usable): readonly AnyMiddleware[] {
  const list: unknown = typeof given === 'object' && given !== null && 'list' in given ? given.list : given
  const middlewares: readonly unknown[] = Array.isArray(list) ? list : [list]
  if (middlewares.every((one) => typeof one === 'function')) return middlewares as readonly AnyMiddleware[]
  const expected = 'middleware: one, a list, or use(a).use(b)'
  throw new TomodachiError('OPTION_INVALID', { option: 'use', expected, actual: given })
}

/** What an outcome is at run time. */
export class Replied {
  readonly reply: unknown

  constructor(reply: unknown) {
    this.reply = reply
  }
}

/** Ends the chain with the middleware's own reply. Nothing further runs. */
export function reply(value: unknown): Outcome<never> {
  return new Replied(value) as unknown as Outcome<never>
}

/**
 * What `guard` makes. Conditional, because TypeScript puts a call that plainly returns a function off until the types of
 * the handler's parameters are fixed: what the other middleware in the same array adds would be lost.
 */
export type Guard<Needs> = [Needs] extends [never] ? Middleware<unknown> : Middleware<Needs>

/** Any verdict, for the inference of its type: `unknown` too, and `true` stays `true`. */
// biome-ignore lint/complexity/noBannedTypes: together with null and undefined it takes what is unknown
type AnyVerdict = {} | boolean | null | undefined | UnknownYet

/** The condition; the sentence that the compiler is to say where it may return false or null. */
type Condition<Needs, Verdict> = [UnknownYet] extends [Verdict]
  ? (context: Needs) => MaybePromise<Verdict>
  : [Extract<Verdict, false | null>] extends [never]
    ? (context: Needs) => MaybePromise<Verdict>
    : "a guard returns true or undefined to go on, or the reply: condition || [403, 'no']"

/**
 * Makes middleware from a condition. It goes on if `condition` returns undefined or true; any other value is the reply. False
 * and null are not replies: they do not compile, and fail the delivery with `GUARD_VERDICT`.
 *
 *     guard(({ request }: { request: HttpRequest }) => request.headers['x-key'] === key || [403, 'no'])
 */
export function guard<Needs, const Verdict extends AnyVerdict>(
  condition: Condition<Needs, Verdict>,
): Guard<Needs> {
  const decide = condition as (context: Needs) => unknown
  const name = decide.name || 'guard'
  const guarded = async (context: Needs, next: Next) => {
    const verdict = await decide(context)
    if (verdict === undefined || verdict === true) return next()
    if (verdict === false || verdict === null)
      throw new TomodachiError('GUARD_VERDICT', { guard: name, verdict })
    return reply(verdict)
  }
  return Object.defineProperty(guarded, 'name', { value: name }) as Guard<Needs>
}

/**
 * Marks, in the list `use` of a route, where its values are validated: middleware after it is given `body`, `query` and
 * `params` as the handler is. Without it they are validated right before the handler, after all middleware.
 *
 *     service.on(api.post('/orders', { body: Order }), place, { use: [auth, validated, audit] })
 */
export const validated = ((_, next) => next()) as Middleware<Unvalidated<object>> & { readonly [valid]: true }
