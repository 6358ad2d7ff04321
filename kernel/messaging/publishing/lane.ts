import { outside } from '../../async-context.ts'
import { Fifo } from '../../fifo.ts'
import type { Outgoing, SendLimits } from '../broker/sending.ts'
import type { Entry } from './entry.ts'

/** Messages that have been tried as often as each other, and rest for the same time. */
interface Rest<Message extends Outgoing> {
  readonly entries: Entry<Message>[]
  readonly timer: NodeJS.Timeout
}

/** How many messages are looked through for those of other groups, to fill a call. */
const mostPassedOver = 100

/** Messages for one target that are not under way. Some of them nobody waits for any more; those are left out. */
export class Lane<Message extends Outgoing> {
  readonly target: string
  readonly isInOrder: boolean
  readonly #limits: SendLimits
  /** Messages that go again, before others. */
  #again: Entry<Message>[] = []
  readonly #waiting = new Fifo<Entry<Message>>()
  #waitingBytes = 0
  /** Messages that have failed for a passing reason, by their tries: none waits for one that has to wait longer. */
  readonly #rests = new Map<number, Rest<Message>>()
  lingering: NodeJS.Timeout | undefined
  /** Whether those that wait have waited long enough. */
  isDue = false
  underWay = 0

  constructor(target: string, limits: SendLimits) {
    this.target = target
    this.isInOrder = limits.inOrder?.(target) ?? false
    this.#limits = limits
  }

  /** Whether nothing at all is left of it. */
  get isIdle(): boolean {
    return this.isEmpty && this.underWay + this.#rests.size === 0
  }

  /** Whether nothing waits to be sent. */
  get isEmpty(): boolean {
    return this.#again.length + this.#waiting.length === 0
  }

  /** Whether what comes now would wait for what has been sent. */
  get isHeldUp(): boolean {
    return this.#rests.size > 0 || (this.isInOrder && this.underWay > 0)
  }

  /** Whether a call can be made, and is worth it. */
  isReady(lingers: boolean): boolean {
    if (this.isEmpty || (this.isInOrder && this.underWay + this.#rests.size > 0)) return false
    if (!lingers || this.isDue || this.#again.length > 0) return true
    return (
      this.#waiting.length >= this.#limits.entries ||
      this.#waitingBytes >= (this.#limits.bytes ?? Number.POSITIVE_INFINITY)
    )
  }

  push(pending: Entry<Message>): void {
    this.#waiting.push(pending)
    this.#waitingBytes += pending.bytes
  }

  /** Has a message rest so many milliseconds, or as long as those that have been tried as often; `woken` is told then. */
  rest(entry: Entry<Message>, milliseconds: number, woken: () => void): void {
    const { attempts } = entry
    const rest = this.#rests.get(attempts)
    if (rest) return void rest.entries.push(entry)
    const wake = () => {
      this.#wake(attempts)
      woken()
    }
    const timer = outside(() => setTimeout(wake, milliseconds))
    this.#rests.set(attempts, { entries: [entry], timer })
  }

  /** Takes messages back that go before all others. */
  again(entries: readonly Entry<Message>[]): void {
    if (entries.length === 0) return
    this.#again = [...entries, ...this.#again].sort((one, other) => one.sequence - other.sequence)
  }

  /** Nothing rests any more: it goes again. */
  wake(): void {
    for (const attempts of [...this.#rests.keys()]) this.#wake(attempts)
  }

  #wake(attempts: number): void {
    const { entries, timer } = this.#rests.get(attempts) ?? { entries: [] }
    clearTimeout(timer)
    this.#rests.delete(attempts)
    this.again(entries)
  }

  /** The messages of the next call, at most `most`: one that goes alone, or others, of each group only the first. */
  next(most: number): Entry<Message>[] {
    const { entries, bytes: limit = Number.POSITIVE_INFINITY } = this.#limits
    const batch: Entry<Message>[] = []
    const passedOver: Entry<Message>[] = []
    let bytes = 0
    for (let pending = this.#first(); pending; pending = this.#first()) {
      const isFull = batch.length >= entries || batch.length >= most || passedOver.length >= mostPassedOver
      if (isFull || !fits(pending, batch, limit - bytes)) break
      this.#shift()
      if (hasGroup(batch, pending.message.group)) passedOver.push(pending)
      else {
        batch.push(pending)
        bytes += pending.bytes
      }
    }
    this.again(passedOver)
    return batch
  }

  /** Forgets those at its head that nobody waits for any more: they would fill the memory while nothing can be sent. */
  trim(): void {
    this.#first()
    if (this.isEmpty) this.settle()
  }

  /** Nothing waits: nor does anything for company. */
  settle(): void {
    this.isDue = false
    clearTimeout(this.lingering)
    this.lingering = undefined
  }

  /** Forgets its timers. */
  close(): void {
    this.wake()
    this.settle()
  }

  /** The first that somebody waits for. */
  #first(): Entry<Message> | undefined {
    for (;;) {
      const first = this.#again[0] ?? this.#waiting.first
      if (!first || first.place >= 0) return first
      this.#shift()
    }
  }

  #shift(): void {
    if (this.#again.length > 0) this.#again.shift()
    else this.#waitingBytes -= this.#waiting.shift()?.bytes ?? 0
  }
}

/** Whether a message can go with those of a call that has so many bytes left. */
function fits<Message extends Outgoing>(
  { isAlone, bytes }: Entry<Message>,
  [first]: readonly Entry<Message>[],
  left: number,
): boolean {
  return first === undefined || !(isAlone || first.isAlone || bytes > left)
}

function hasGroup<Message extends Outgoing>(batch: readonly Entry<Message>[], group: unknown): boolean {
  return group !== undefined && batch.some(({ message }) => message.group === group)
}
