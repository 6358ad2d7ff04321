/** Where an option stands: `{ owner: 'bus', path: 'retry.' }` for those within the option `retry` of `bus()`. */
export interface OptionPlace {
  /** The function or class that takes the options, as errors name it: `bus`, `bus.topic`, `Service`. */
  readonly owner: string
  /** The options that this one stands within, each with a dot behind it; empty for none. */
  readonly path: string
}

/** What an option has to be, and what it is when it is left out. */
export interface OptionShape<Value> {
  /** The value of an option that is left out. */
  readonly standard: Value
  /** What fits, in words: `the option x must be …`. A function makes them for a value that does not fit. */
  readonly expected: string | ((value: unknown) => string)
  /** Whether errors keep the value to themselves, as it may be a secret. */
  readonly isSecret?: boolean
  /** Whether it must be given. Default false. */
  readonly isRequired?: boolean
  /**
   * The value that is used from then on; undefined when the given one does not fit. May throw an error that says more.
   * The given value is never undefined.
   */
  read(value: unknown, place: OptionPlace, option: string): Value | undefined
}

/** A shape of its own: `read` gives the value to use, or undefined for one that does not fit. */
export function optionShape<Value>(
  standard: Value,
  expected: OptionShape<Value>['expected'],
  read: (value: unknown) => Value | undefined,
): OptionShape<Value> {
  return { standard, expected, read }
}

/** The same shape for an option whose value may be a password: errors do not show it. */
export function secret<Value>(shape: OptionShape<Value>): OptionShape<Value> {
  return { ...shape, isSecret: true }
}

/** The same shape for an option that must be given. */
export function required<Value>(shape: OptionShape<Value>): OptionShape<NonNullable<Value>> {
  return { ...(shape as OptionShape<NonNullable<Value>>), isRequired: true }
}

/** The same shape for an option that may be null. */
export function orNull<Value>(shape: OptionShape<Value>): OptionShape<Value | null> {
  return { ...shape, read: (value, ...place) => (value === null ? value : shape.read(value, ...place)) }
}
