/**
 * Values that are kept with objects, as long as these live, under a symbol that nobody else knows. A `WeakMap` would do the
 * same, but with an entry for each request its garbage takes as much of the processor as the request itself.
 */
export class Kept<Owner extends object, Value> {
  readonly #key = Symbol('kept')

  get(owner: Owner): Value | undefined {
    return (owner as Record<symbol, Value | undefined>)[this.#key]
  }

  set(owner: Owner, value: Value): void {
    ;(owner as Record<symbol, Value>)[this.#key] = value
  }
}
