import { isPattern, matcher } from '../../kernel/adapter-kit.ts'
import type { MemoryQueue } from './queue.ts'

/** The topics of one name or pattern, and the queues that get them. */
interface Binding {
  readonly matches: (topic: string) => boolean
  readonly queues: Set<MemoryQueue>
}

/** Limits the cache of routes: topics may have an id in their name. */
const mostRoutes = 10_000

/** Which queues get the messages of which topics. */
export class Bindings {
  /** Bindings by exact name, so that a topic finds its own without looking at the others. */
  readonly #named = new Map<string, Binding>()
  readonly #patterns = new Map<string, Binding>()
  readonly #byQueue = new Map<MemoryQueue, Set<string>>()
  /** Routes that have been worked out, until a binding changes. */
  readonly #routes = new Map<string, readonly MemoryQueue[]>()

  /** Throws `PATTERN_INVALID`. */
  add(queue: MemoryQueue, pattern: string): void {
    const bindings = this.#kindOf(pattern)
    const binding = bindings.get(pattern) ?? { matches: matcher(pattern), queues: new Set() }
    binding.queues.add(queue)
    bindings.set(pattern, binding)
    const patterns = this.#byQueue.get(queue) ?? new Set()
    this.#byQueue.set(queue, patterns.add(pattern))
    this.#routes.clear()
  }

  /** Removes all bindings of a queue. */
  remove(queue: MemoryQueue): void {
    for (const pattern of this.#byQueue.get(queue) ?? []) {
      const bindings = this.#kindOf(pattern)
      const queues = bindings.get(pattern)?.queues
      queues?.delete(queue)
      if (queues?.size === 0) bindings.delete(pattern)
    }
    this.#byQueue.delete(queue)
    this.#routes.clear()
  }

  /** The queues that get a message of this topic, each once. */
  queuesOf(topic: string): readonly MemoryQueue[] {
    let queues = this.#routes.get(topic)
    if (!queues) {
      const bindings = [...this.#patterns.values()].filter(({ matches }) => matches(topic))
      const named = this.#named.get(topic)
      if (named) bindings.unshift(named)
      queues = [...new Set(bindings.flatMap((binding) => [...binding.queues]))]
      if (this.#routes.size >= mostRoutes) this.#routes.clear()
      this.#routes.set(topic, queues)
    }
    return queues
  }

  #kindOf(pattern: string): Map<string, Binding> {
    return isPattern(pattern) ? this.#patterns : this.#named
  }
}
