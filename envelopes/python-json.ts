/**
 * Writes data as Python's `json.dumps` does by default: `", "` and `": "` between the parts, and everything but
 * printable ASCII escaped. What JavaScript leaves out or converts in JSON (undefined, functions, `toJSON`) is left out
 * and converted here too; data that is undefined becomes null.
 *
 * Whole numbers are written without a fraction, since JavaScript cannot tell 1.0 from 1. Throws a TypeError for what
 * JSON has no words for: NaN, infinities, BigInt, and data that contains itself.
 */
export function pythonJson(data: unknown): string {
  try {
    return written(data, '') ?? 'null'
  } catch (cause) {
    if (!(cause instanceof RangeError && cause.message.includes('call stack'))) throw cause
    throw new TypeError('the data contains itself, or is nested too deeply', { cause })
  }
}

/** Undefined for what JSON leaves out. */
function written(data: unknown, key: string): string | undefined {
  const value = isConvertible(data) ? data.toJSON(key) : data
  switch (typeof value) {
    case 'string':
      return quoted(value)
    case 'number':
      return numeral(value)
    case 'boolean':
      return String(value)
    case 'bigint':
      throw new TypeError('a BigInt cannot be put into JSON')
    case 'object':
      return value === null ? 'null' : composed(value)
    default:
      return undefined
  }
}

function isConvertible(value: unknown): value is { toJSON(key: string): unknown } {
  return (
    (typeof value === 'bigint' || (typeof value === 'object' && value !== null)) &&
    typeof (value as { toJSON?: unknown }).toJSON === 'function'
  )
}

const boxes = [String, Number, Boolean, BigInt]

function composed(value: object): string | undefined {
  if (Array.isArray(value)) return list(value)
  if (boxes.some((box) => value instanceof box)) return written(value.valueOf(), '')
  let text = ''
  for (const key of Object.keys(value)) {
    const member = written((value as Record<string, unknown>)[key], key)
    if (member !== undefined) text += `${text === '' ? '' : ', '}${quoted(key)}: ${member}`
  }
  return `{${text}}`
}

function list(values: readonly unknown[]): string {
  let text = ''
  for (let index = 0; index < values.length; index++) {
    text += `${index === 0 ? '' : ', '}${written(values[index], String(index)) ?? 'null'}`
  }
  return `[${text}]`
}

/** Printable ASCII without the quotation mark and the backslash. */
const plain = /^[ !#-[\]-~]*$/
const beyondAscii = /[\u007f-\uffff]/g

function quoted(text: string): string {
  if (plain.test(text)) return `"${text}"`
  return JSON.stringify(text).replace(
    beyondAscii,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Python turns to the exponent earlier than JavaScript, and gives it two digits. */
function numeral(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be put into JSON`)
  if (Object.is(value, -0)) return '-0.0'
  if (value === 0 || Math.abs(value) >= 1e-4) return String(value)
  return value.toExponential().replace(/e-(\d)$/, 'e-0$1')
}

/** Writes a number that is a float in Python, whatever its value. */
export function pythonFloat(value: number): string {
  const text = numeral(value)
  return Number.isInteger(value) && /^-?\d+$/.test(text) ? `${text}.0` : text
}
