import { TomodachiError } from '../../errors.ts'
import type { HandlerContext } from '../handler-context.ts'
import { type AnyMiddleware, Replied } from '../middleware.ts'

type State = 'pending' | 'fulfilled' | 'rejected'

const pending = Symbol('pending')
const ignore = () => {}

/** Its own name. A function without one is called like the option in which it stands, so its place says more. */
function nameOf({ name }: AnyMiddleware, place: number): string {
  return name === '' || name === 'use' ? `number ${place + 1}` : name
}

/** What a promise is at this moment. */
function stateOf(promise: Promise<unknown>): Promise<State> {
  return Promise.race([promise, pending]).then(
    (value) => (value === pending ? 'pending' : 'fulfilled'),
    () => 'rejected',
  )
}

/**
 * The way of one delivery through its middleware. What `next` starts is part of the delivery, whether its middleware waits
 * for it or not. While all goes as it should, this only takes notes; it makes promises of its own when a middleware has
 * replied in the handler's place, or something has failed.
 */
export class Passage {
  /** What the outermost middleware has returned. */
  outcome: Promise<unknown> | undefined
  /** What the handler has replied. */
  #replied: Replied | undefined
  readonly #context: HandlerContext
  readonly #middlewares: readonly AnyMiddleware[]
  /** What `next` has started, by the place of the middleware that called it, outermost first. */
  readonly #rests: (Promise<unknown> | undefined)[]
  /** What a second call has been put in the place of. */
  #replaced: Promise<unknown>[] | undefined
  /** What has failed behind middleware that had ended before, so that nobody has seen it. */
  #unseen: Promise<unknown>[] | undefined
  #misuse: TomodachiError | undefined
  #hasFailed = false
  #isOver = false

  constructor(context: HandlerContext, middlewares: readonly AnyMiddleware[]) {
    this.#context = context
    this.#middlewares = middlewares
    this.#rests = new Array(middlewares.length)
  }

  /** Whether the middleware at this place has not called `next`, and still may. */
  mayStart(place: number): boolean {
    return !this.#isOver && this.#rests[place] === undefined
  }

  /** The middleware at this place has called `next`, which returns the promise. */
  started(place: number, rest: Promise<unknown>): Promise<unknown> {
    this.#rests[place] = rest
    return rest
  }

  /** Calls `next` again: to try the rest once more when it has failed, else by mistake. */
  again(place: number, middleware: AnyMiddleware, start: () => Promise<unknown>): Promise<unknown> {
    const first = this.#rests[place]
    if (this.#isOver || first === undefined) return this.#tooLate(place, middleware)
    const second = stateOf(first).then((state) => {
      if (state === 'rejected') {
        this.#forget(place + 1)
        return start()
      }
      this.#misuse = new TomodachiError('MIDDLEWARE_NEXT_TWICE', { middleware: nameOf(middleware, place) })
      throw this.#misuse
    })
    first.catch(ignore)
    second.catch(ignore)
    this.#replaced ??= []
    this.#replaced.push(first)
    this.#rests[place] = second
    return second
  }

  /** The middleware from this place on is run anew. */
  #forget(place: number): void {
    this.#hasFailed = false
    for (let inner = place; inner < this.#rests.length; inner++) {
      const rest = this.#rests[inner]
      if (rest) this.#replaced?.push(rest)
      this.#rests[inner] = undefined
    }
  }

  #tooLate(place: number, middleware: AnyMiddleware): Promise<never> {
    const error = new TomodachiError('MIDDLEWARE_NEXT_LATE', { middleware: nameOf(middleware, place) })
    this.#context.log.error('next() was called too late', { error })
    const refused = Promise.reject(error)
    refused.catch(ignore)
    return refused
  }

  /** The handler has replied. */
  replied(reply: unknown): Replied {
    this.#replied = new Replied(reply)
    return this.#replied
  }

  /** The handler has failed, after a while. Throws the error on. */
  failed(error: unknown): never {
    this.#rests.forEach((rest, place) => {
      rest?.catch(ignore)
      // What a middleware has returned is what the one around it has started.
      const outcome = place === 0 ? this.outcome : this.#rests[place - 1]
      if (outcome) this.#watch(outcome, rest)
    })
    throw error
  }

  /** Something has failed before it had a promise. */
  failedAtOnce(error: unknown): Promise<never> {
    this.#hasFailed = true
    const failed = Promise.reject(error)
    failed.catch(ignore)
    return failed
  }

  /** The middleware at this place has returned its promise. */
  returned(place: number, outcome: Promise<unknown>): Promise<unknown> {
    if (this.#hasFailed) this.#watch(outcome, this.#rests[place])
    return outcome
  }

  /** A middleware that has replied by now has not waited for the rest, which fails. */
  #watch(outcome: Promise<unknown>, rest: Promise<unknown> | undefined): void {
    const unseen = stateOf(outcome).then((state) => (state === 'fulfilled' ? rest : undefined))
    unseen.catch(ignore)
    this.#unseen ??= []
    this.#unseen.push(unseen)
  }

  /**
   * Whether this is the reply of this delivery's own handler, which may be kept and returned for another one, and no `next`
   * was called twice: then nothing that led to it is under way any more.
   */
  isStraight(outcome: unknown): outcome is Replied {
    this.#isOver = this.#replied !== undefined && outcome === this.#replied && this.#replaced === undefined
    return this.#isOver
  }

  /**
   * The reply of any other outcome. Waits for all that was started, and rejects when something of it failed that its
   * middleware had not waited for.
   */
  async end(outcome: unknown): Promise<unknown> {
    // Nobody calls `next` where the outermost middleware has not.
    if (this.#rests[0] !== undefined) await this.#ended()
    this.#isOver = true
    if (outcome instanceof Replied) return outcome.reply
    const middleware = this.#middlewares.map(nameOf).join(', ')
    throw new TomodachiError('MIDDLEWARE_OUTCOME', { middleware })
  }

  async #ended(): Promise<void> {
    const states = await Promise.all(this.#rests.map((rest) => rest && stateOf(rest)))
    const left = this.#rests.filter(
      (_, place) => states[place] === 'pending' && (place === 0 || states[place - 1] === 'fulfilled'),
    )
    await this.#allSettled()
    this.#isOver = true
    if (this.#misuse) throw this.#misuse
    await Promise.all([...left, ...(this.#unseen ?? [])])
  }

  /** Waits for the same where the delivery has failed. */
  async endFailed(): Promise<void> {
    await this.#allSettled()
    this.#isOver = true
  }

  /** Whoever still runs may start more. */
  async #allSettled(): Promise<void> {
    let known: readonly unknown[] = []
    for (;;) {
      const all = [...this.#rests, ...(this.#replaced ?? [])]
      if (all.every((promise, place) => promise === known[place])) return
      await Promise.allSettled(all)
      known = all
    }
  }
}
