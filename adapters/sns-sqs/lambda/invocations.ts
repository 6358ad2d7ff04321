import type { MessageSource, Receiver } from '../../../kernel/adapter-kit.ts'
import type { Kernel } from '../../../kernel/index.ts'
import type { Handle } from '../consuming/arrival.ts'
import type { PlannedQueue } from '../sources/plan.ts'
import { InvokedQueue, type QueueContext } from './invoked-queue.ts'

type Batch = NonNullable<MessageSource['batch']>

/** Where the invocations of Lambda reach the queues of a bus. */
export class Invocations {
  readonly #queues = new Map<string, InvokedQueue>()
  #kernel: Kernel | undefined

  /** Whether messages come with invocations, so that nothing is polled: as long as such a kernel runs the bus. */
  get areAwaited(): boolean {
    return this.#kernel !== undefined && this.#kernel.state !== 'stopped'
  }

  /** Messages come with invocations while this kernel runs. Undefined if they no longer do. */
  awaitIn(kernel: Kernel | undefined): void {
    this.#kernel = kernel
    this.#queues.clear()
  }

  /** A batch that waits for nothing in Lambda: an invocation brings all its messages at once, and is paid by its time. */
  batchOf({ size, wait }: Batch): Batch {
    const areAwaited = () => this.areAwaited
    return {
      size,
      get wait() {
        return areAwaited() ? 0 : wait
      },
    }
  }

  consume(plan: PlannedQueue, receiver: Receiver<Handle>, context: QueueContext): InvokedQueue {
    const queue = new InvokedQueue(plan, receiver, context)
    this.#queues.set(plan.name, queue)
    return queue
  }

  /** The queue of this name, if the bus consumes it. */
  queue(name: string): InvokedQueue | undefined {
    return this.#queues.get(name)
  }

  /** Names of the queues that the bus consumes. */
  get queues(): readonly string[] {
    return [...this.#queues.keys()]
  }
}

/** What a source of the bus tells of it. */
export interface Invoked {
  readonly invocations: Invocations
}
