/**
 * A header of a delivered message as it can be sent again. amqplib decodes a table with the key `!` into what it takes
 * for a value whose type is given, and large timestamps into numbers that it does not encode.
 */
export function encodable(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  if (Array.isArray(value)) return value.map(encodable)
  if (isTyped(value)) return value
  const table = Object.fromEntries(Object.entries(value).map(([name, field]) => [name, encodable(field)]))
  return '!' in table ? { '!': 'object', value: table } : table
}

/** Whether amqplib encodes it as the timestamp or the decimal that it has decoded. */
function isTyped(table: { readonly '!'?: unknown; readonly value?: unknown }): boolean {
  const { '!': type, value } = table
  if (Object.keys(table).length !== 2) return false
  if (type === 'timestamp') return isWhole(value, Number.MAX_SAFE_INTEGER)
  const { places, digits } = (value ?? {}) as { readonly places?: unknown; readonly digits?: unknown }
  return type === 'decimal' && isWhole(places, 255) && isWhole(digits, 2 ** 32 - 1)
}

function isWhole(value: unknown, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most
}
