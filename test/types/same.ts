/** Compiles only when both types are the same, optional keys included. */
export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** `same<A, B>(true)` compiles when the types are the same; `same<A, B>(false)` when they are not. */
export function same<A, B>(_: Same<A, B>): void {}

/** The type of a value: `typed<number>()(value)` compiles when the value's type is exactly that. */
export function typed<Expected>() {
  return <Actual>(_: Actual, ..._same: Same<Actual, Expected> extends true ? [] : [never]): void => {}
}
