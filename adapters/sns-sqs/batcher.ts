import { Bag, Fifo, outside, type Placed, spawn } from '../../kernel/adapter-kit.ts'
import { callBackoff } from './call.ts'
import { isTransient } from './errors.ts'

/** Most entries of a batch call, by SNS and by SQS. */
export const batchSize = 10
/** Most bytes of the messages of a batch call: 256 KiB. */
export const batchBytes = 262_144

/** What became of one item of a call; `passing` when the same may go well a moment later. */
export type Outcome<Result> =
  | { readonly value: Result }
  | { readonly error: unknown; readonly passing: boolean }

export interface BatchRules<Item, Result> {
  /** For the log: what the calls do. */
  readonly task: string
  /** Makes one call, and tells the outcomes in the order of the items. */
  call(items: readonly Item[]): Promise<readonly Outcome<Result>[]>
  /** How long an item waits for others, in milliseconds. */
  readonly linger: number
  /** Calls that may be under way at once. With 1, items keep their order, through retries too. */
  readonly window: number
  /** Bytes that an item counts. Default 0. */
  sizeOf?(item: Item): number
  /** How long an item may wait and be tried, in milliseconds. */
  readonly patience: number
  /** The error of an item that has run out of patience. `last` is what its last call ended in. */
  expired(item: Item, last: unknown): unknown
}

interface Pending<Item, Result> extends Placed {
  readonly item: Item
  readonly size: number
  /** On the clock of `performance.now()`. */
  readonly deadline: number
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
  attempts: number
  last: unknown
}

/**
 * Puts items that come within a few milliseconds into one call. Each has an outcome of its own; those that have failed
 * for a passing reason go again, before others.
 */
export class Batcher<Item, Result> {
  readonly #rules: BatchRules<Item, Result>
  /** Items without an outcome. */
  readonly #pending = new Bag<Pending<Item, Result>>()
  /** Among those that wait, some whose patience has ended. */
  readonly #again = new Fifo<Pending<Item, Result>>()
  readonly #waiting = new Fifo<Pending<Item, Result>>()
  readonly #retries = new Set<NodeJS.Timeout>()
  #waitingBytes = 0
  #calls = 0
  #lingering: NodeJS.Timeout | undefined
  #expiry: NodeJS.Timeout | undefined
  /** Whether those that wait have waited long enough. */
  #due = false
  #lingers = true

  constructor(rules: BatchRules<Item, Result>) {
    this.#rules = rules
  }

  /** Items that are in no call yet. */
  get waiting(): number {
    return this.#waiting.length + this.#again.length
  }

  /** Resolves with the item's own result, or rejects with its own error. */
  add(item: Item): Promise<Result> {
    const { sizeOf, patience } = this.#rules
    return new Promise((resolve, reject) => {
      const pending: Pending<Item, Result> = {
        item,
        size: sizeOf?.(item) ?? 0,
        deadline: performance.now() + patience,
        resolve,
        reject,
        attempts: 0,
        last: undefined,
        place: -1,
      }
      this.#pending.add(pending)
      this.#expiry ??= outside(() => setTimeout(() => this.#expireDue(), patience))
      this.#waiting.push(pending)
      this.#waitingBytes += pending.size
      this.#send()
    })
  }

  /** From now on nothing waits for company. */
  hurry(): void {
    this.#lingers = false
    this.#send()
  }

  /** Gives up whatever has no outcome. */
  close(): void {
    clearTimeout(this.#lingering)
    for (const timer of this.#retries) clearTimeout(timer)
    for (const pending of this.#pending) this.#expire(pending)
  }

  get #isReady(): boolean {
    if (this.#again.length > 0 || this.#due || !this.#lingers) return true
    return this.#waiting.length >= batchSize || this.#waitingBytes >= batchBytes
  }

  #send(): void {
    const { window, linger, task } = this.#rules
    while (this.#calls < window && this.waiting > 0 && this.#isReady && !this.#isHeld) {
      const batch = this.#next()
      if (batch.length === 0) break
      this.#calls++
      outside(spawn, undefined, task, () => this.#call(batch))
    }
    if (this.#waiting.length === 0) this.#due = false
    else if (!this.#due) this.#lingering ??= outside(() => setTimeout(() => this.#lingered(), linger))
  }

  /** In order, nothing may overtake what goes again. */
  get #isHeld(): boolean {
    return this.#rules.window === 1 && this.#retries.size > 0
  }

  #lingered(): void {
    this.#lingering = undefined
    this.#due = true
    this.#send()
  }

  #next(): readonly Pending<Item, Result>[] {
    const batch: Pending<Item, Result>[] = []
    let bytes = 0
    for (const from of [this.#again, this.#waiting]) {
      for (let pending = from.first; pending; pending = from.first) {
        const isAwaited = pending.place >= 0
        const isFull = batch.length === batchSize || (batch.length > 0 && bytes + pending.size > batchBytes)
        if (isAwaited && isFull) return batch
        from.shift()
        if (from === this.#waiting) this.#waitingBytes -= pending.size
        if (!isAwaited) continue
        batch.push(pending)
        bytes += pending.size
      }
    }
    return batch
  }

  async #call(batch: readonly Pending<Item, Result>[]): Promise<void> {
    let outcomes: readonly Outcome<Result>[]
    try {
      outcomes = await this.#rules.call(batch.map(({ item }) => item))
    } catch (error) {
      outcomes = batch.map(() => ({ error, passing: isTransient(error) }))
    }
    this.#calls--
    const again = batch.filter((pending, index) => !this.#concluded(pending, outcomes[index]))
    if (again.length > 0) this.#retry(again)
    this.#send()
  }

  /** Whether an item is done with. */
  #concluded(pending: Pending<Item, Result>, outcome: Outcome<Result> | undefined): boolean {
    if (pending.place < 0) return true
    if (outcome && 'value' in outcome) {
      this.#end(pending)
      pending.resolve(outcome.value)
      return true
    }
    pending.last = outcome?.error ?? new Error('the answer does not mention it')
    if (!outcome || outcome.passing) return false
    this.#end(pending)
    pending.reject(pending.last)
    return true
  }

  #retry(again: readonly Pending<Item, Result>[]): void {
    for (const pending of again) pending.attempts++
    const wait = callBackoff(Math.max(...again.map(({ attempts }) => attempts)))
    const timer = setTimeout(() => {
      this.#retries.delete(timer)
      for (const pending of again) if (pending.place >= 0) this.#again.push(pending)
      this.#send()
    }, wait)
    this.#retries.add(timer)
  }

  #expireDue(): void {
    this.#expiry = undefined
    const now = performance.now()
    let next = Number.POSITIVE_INFINITY
    for (const pending of this.#pending) {
      if (pending.deadline > now) next = Math.min(next, pending.deadline)
      else this.#expire(pending)
    }
    if (this.#pending.size > 0) this.#expiry = setTimeout(() => this.#expireDue(), Math.ceil(next - now))
  }

  #expire(pending: Pending<Item, Result>): void {
    this.#end(pending)
    pending.reject(this.#rules.expired(pending.item, pending.last))
  }

  #end(pending: Pending<Item, Result>): void {
    this.#pending.delete(pending)
    if (this.#pending.size > 0) return
    clearTimeout(this.#expiry)
    this.#expiry = undefined
  }
}

/** The outcomes of a batch call of SQS or SNS, whose entries have their index for an id. */
export function outcomesOf<Success extends { readonly Id?: string | undefined }, Result>(
  count: number,
  { Successful = [], Failed = [] }: BatchAnswer<Success>,
  resultOf: (success: Success) => Result,
): readonly Outcome<Result>[] {
  const outcomes: Outcome<Result>[] = new Array(count)
  for (const success of Successful) outcomes[Number(success.Id)] = { value: resultOf(success) }
  for (const { Id, Code = '', Message = '', SenderFault = false } of Failed) {
    const error = Object.assign(new Error(Message || Code), { name: Code })
    outcomes[Number(Id)] = { error, passing: !SenderFault || /Throttl|InternalError/.test(Code) }
  }
  return outcomes
}

interface BatchAnswer<Success> {
  readonly Successful?: readonly Success[] | undefined
  readonly Failed?:
    | readonly {
        readonly Id?: string | undefined
        readonly Code?: string | undefined
        readonly Message?: string | undefined
        readonly SenderFault?: boolean | undefined
      }[]
    | undefined
}
