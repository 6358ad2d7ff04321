import type { Envelope } from '../../envelopes/index.ts'
import type { Logger } from '../log/index.ts'
import type { MaybePromise } from '../promise.ts'
import type { RunningService } from './actor.ts'
import type { ReplyParts } from './source.ts'

/** What every handler and middleware is given, whatever the transport. `Of` is the type of its service. */
export interface HandlerContext<Of extends RunningService = RunningService> {
  readonly envelope: Envelope
  /** Address of the actor that handles it. */
  readonly address: string
  readonly service: Of
  /**
   * Aborts when the lease or the channel is lost, when nobody waits for the outcome any longer, or when the drain
   * deadline has passed.
   */
  readonly signal: AbortSignal
  /** Logger that carries handler, transport and service. */
  readonly log: Logger
}

/** One object type in place of an intersection: what an editor shows. */
export type Plain<T> = { [Key in keyof T]: T[Key] } & unknown

declare const unknownYet: unique symbol

/** Stands for the type of a reply until the compiler has looked at the function, which it does as one of any reply. */
export interface UnknownYet {
  readonly [unknownYet]: never
}

/** Any value. Unlike `unknown` it leaves, in a union, the other types to say what a reply that is being written may hold. */
type Anything = object | string | number | bigint | boolean | symbol | null | undefined

/** What a handler may return, for the inference of its type; `Handler` then says whether it may. */
export type Returned<Reply> = MaybePromise<Reply | Anything | UnknownYet>

/** A handler that is given `Context` and returns `R`; the sentence that the compiler is to say where `R` is not a `Reply`. */
export type Handler<Context, R, Reply> = [ReplyFault<Awaited<R>, Reply>] extends [never]
  ? (context: Context) => R
  : ReplyFault<Awaited<R>, Reply>

type Parts<Reply> = Extract<Reply, ReplyParts<string>>

type HintOf<Reply> = Parts<Reply> extends ReplyParts<infer Hint> ? Hint : never

/** Never where each of the types that a handler returns is a reply. */
type ReplyFault<R, Reply> = [Extract<R, UnknownYet>] extends [never] ? FaultOf<R, Reply> : never

type FaultOf<R, Reply> =
  R extends Exclude<Reply, ReplyParts<string>>
    ? never
    : R extends Parts<Reply>
      ? [Exclude<keyof R, keyof Parts<Reply>>] extends [never]
        ? never
        : Sentence<R, Reply>
      : Sentence<R, Reply>

// A handler that returns nothing has the type void.
// biome-ignore lint/suspicious/noConfusingVoidType: see above
type Sentence<R, Reply> = [Reply] extends [void]
  ? 'nothing is replied here: return no value'
  : [HintOf<Reply>] extends [never]
    ? (context: never) => MaybePromise<Reply>
    : `${Subject<R, Parts<Reply>>}; ${HintOf<Reply>}`

type Subject<R, Known> = R extends readonly unknown[]
  ? 'this array is not a reply'
  : R extends object
    ? [Exclude<keyof R, keyof Known>] extends [never]
      ? 'a part of this reply has a wrong type'
      : `a reply has no key "${Exclude<keyof R, keyof Known> & string}"`
    : 'this is not a reply'
