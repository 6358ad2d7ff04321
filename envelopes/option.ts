/**
 * Refuses an option of a format with a TypeError, in the words and with the code that wrong options have everywhere.
 * The error class of the kernel cannot be used here, since formats stand without it.
 */
export function refuse(option: string, expected: string, actual: unknown): never {
  const message = `the option ${option} must be ${expected}, not ${show(actual)}`
  throw Object.assign(new TypeError(message), { code: 'OPTION_INVALID' })
}

/** Refuses options that a format does not have. */
export function refuseUnknown(format: string, unknown: object): void {
  for (const [option, value] of Object.entries(unknown)) {
    refuse(`${format}.${option}`, `left out, as ${format}() has no such option`, value)
  }
}

/** Refuses a value that is none of those named. */
export function requireOneOf(option: string, known: readonly unknown[], actual: unknown): void {
  if (!known.includes(actual)) refuse(option, known.map(show).join(' or '), actual)
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
  if (typeof value === 'function') return 'a function'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
