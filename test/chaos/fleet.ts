import { join } from 'node:path'
import { Child } from './child.ts'
import { Ledger } from './ledger.ts'

/** Index of a publisher or a consumer, where there are two of them. */
export const pair = [0, 1] as const

/** What the processes of a run are. */
export interface FleetPlan {
  /** Of the broker, or of whatever stands before it. */
  readonly url: string
  /** Where ledgers are kept. */
  readonly folder: string
  /** To be published in all. */
  readonly messages: number
  /** Processes that consume. Default: 2. */
  readonly consumers?: number
}

/** Two processes that publish numbers, others that consume them, and what they have noted. */
export class Fleet {
  readonly confirmed: readonly Ledger[]
  readonly handled: readonly Ledger[]
  /** Rejects when a process ends by itself. */
  readonly failure: Promise<never>
  readonly #plan: FleetPlan
  readonly #publishers: Child[] = []
  readonly #consumers: Child[] = []
  #fail: (error: Error) => void = () => {}

  constructor(plan: FleetPlan) {
    this.#plan = plan
    this.confirmed = pair.map((index) => new Ledger(this.#path('confirmed', index)))
    this.handled = Array.from(
      { length: plan.consumers ?? pair.length },
      (_, index) => new Ledger(this.#path('handled', index)),
    )
    this.failure = new Promise((_, reject) => {
      this.#fail = reject
    })
  }

  /** Consumers come first: without a queue, messages would go nowhere. */
  async start(): Promise<void> {
    const { url } = this.#plan
    await Promise.all(this.handled.map((_, index) => this.#startConsumer(index)))
    await Promise.all(
      pair.map(async (index) => {
        const parameters = [url, this.#path('confirmed', index), String(this.#firstOf(index))]
        this.#publishers[index] = await Child.start('publisher', parameters, this.#fail)
      }),
    )
  }

  /** So many messages may be published in all. */
  allow(messages: number): void {
    for (const [index, publisher] of this.#publishers.entries())
      publisher.send(this.#firstOf(index) + Math.floor(messages / pair.length))
  }

  /** Kills a consumer, and starts another one in its place. */
  async replaceConsumer(index: number): Promise<void> {
    await this.#consumers[index]?.kill()
    await this.#startConsumer(index)
  }

  /** Ends all in order. Rejects when one does not exit with 0. */
  async stop(): Promise<void> {
    await Promise.all(this.#all.map((child) => child.stop()))
  }

  async kill(): Promise<void> {
    await Promise.all(this.#all.map((child) => child.kill()))
  }

  get #all(): readonly Child[] {
    return [...this.#publishers, ...this.#consumers]
  }

  async #startConsumer(index: number): Promise<void> {
    const { url } = this.#plan
    this.#consumers[index] = await Child.start('consumer', [url, this.#path('handled', index)], this.#fail)
  }

  #firstOf(publisher: number): number {
    return (publisher * this.#plan.messages) / pair.length
  }

  #path(kind: string, index: number): string {
    return join(this.#plan.folder, `${kind}-${index}`)
  }
}
