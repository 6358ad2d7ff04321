/** A size: a number of bytes, or text with a unit of 1,024 bytes to the kilobyte, such as `'512KB'` or `'100MB'`. */
export type Size = number | `${number}${'B' | 'K' | 'KB' | 'M' | 'MB' | 'G' | 'GB'}`

/**
 * Refuses an option of a format with a TypeError, in the words and with the code that wrong options have everywhere.
 * The error class of the kernel cannot be used here, since formats stand without it.
 */
export function invalidOption(option: string, expected: string, actual: unknown): never {
  invalid(
    `${/^[\w.]+$/.test(option) ? `the option ${option}` : option} must be ${expected}, not ${show(actual)}`,
  )
}

/** Refuses what is not an object of options, and options that a format does not have. */
export function checkNames(format: string, given: object, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    invalidOption(`the options of ${format}()`, 'an object', given)
  for (const [option, value] of Object.entries(given)) {
    if (known.includes(option) || value === undefined) continue
    const nearest = known.find((name) => isLike(name, option))
    const hint = nearest === undefined ? `it has ${known.join(', ')}` : `did you mean "${nearest}"?`
    invalid(`${format}() has no option "${option}"; ${hint}`)
  }
}

/** Whether one may be meant by the other: a third of its letters, at most, are others. Formats stand without a library for this. */
function isLike(one: string, other: string): boolean {
  const letters = [...other.toLowerCase()]
  const missing = [...one.toLowerCase()].filter((letter) => {
    const place = letters.indexOf(letter)
    if (place >= 0) letters.splice(place, 1)
    return place < 0
  })
  return Math.max(missing.length, letters.length) <= one.length / 3
}

/** Refuses a value that is none of those named; undefined counts as left out. */
export function requireOneOf(option: string, known: readonly string[], actual: unknown): void {
  if (actual === undefined || (known as readonly unknown[]).includes(actual)) return
  const shown = known.map(show)
  invalidOption(option, `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`, actual)
}

/** How sizes are written, for sentences about others. */
export const sizeExamples = '1024 (bytes), "512KB" or "100MB"'

const units: Readonly<Record<string, number>> = { B: 1, K: 1_024, M: 1_024 ** 2, G: 1_024 ** 3 }

/** A size in bytes; undefined for anything else, and for less than one byte. */
export function bytesIn(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value > 0 ? value : undefined
  if (typeof value !== 'string') return undefined
  const [, count, unit = 'B'] = /^(\d+(?:\.\d+)?) ?(?:([KMG])B?|B)$/i.exec(value) ?? []
  const bytes = Number(count) * (units[unit.toUpperCase()] as number)
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined
}

function invalid(message: string): never {
  throw Object.assign(new TypeError(message), { code: 'OPTION_INVALID' })
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
  if (typeof value === 'function') return 'a function'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
