// A door for the test of the reader of doors.

/** It says what it is. */
export interface Described {
  readonly name: string
}

export type Silent = string

export const silent = 1

/** It says what it is. */
function says(): void {}

export { says as told }
