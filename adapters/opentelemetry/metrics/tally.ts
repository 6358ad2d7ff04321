import type { Attributes, Counter, UpDownCounter } from '@opentelemetry/api'

/**
 * A count that is handed to its counter when somebody reads the metrics: handing it over costs ten times as much as
 * counting, because the SDK looks the attributes up.
 */
export class Tally {
  readonly #counter: Counter
  readonly #attributes: Attributes
  #count = 0
  #isKnown = false

  constructor(counter: Counter, attributes: Attributes) {
    this.#counter = counter
    this.#attributes = attributes
  }

  add(count = 1): void {
    this.#count += count
  }

  /** The first time also a count of 0, so that a reader sees the next one as an increase. */
  flush(): void {
    if (this.#count === 0 && this.#isKnown) return
    this.#counter.add(this.#count, this.#attributes)
    this.#isKnown = true
    this.#count = 0
  }
}

/**
 * A level that is handed on when somebody reads the metrics, as the difference to the last time: levels of several
 * kernels with the same attributes add up, and one that is closed leaves nothing behind. An observable counter would
 * keep the last of them.
 */
export class Level {
  readonly #counter: UpDownCounter
  readonly #attributes: Attributes
  #last: number | undefined

  constructor(counter: UpDownCounter, attributes: Attributes) {
    this.#counter = counter
    this.#attributes = attributes
  }

  report(level: number): void {
    if (level === this.#last) return
    this.#counter.add(level - (this.#last ?? 0), this.#attributes)
    this.#last = level
  }
}
