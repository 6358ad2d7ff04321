import { validateHeaderName, validateHeaderValue } from 'node:http'
import { TomodachiError, traceHeaders } from '../../../kernel/index.ts'
import type { HeaderFields } from '../reply.ts'

/** What belongs to the connection and not to a call (RFC 9110, 7.6.1), or would be answered before the request is sent. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Throws `OPTION_INVALID` for fields that cannot be sent. It never shows a value: that may be a secret. */
export function checkFields(option: string, fields: unknown): asserts fields is HeaderFields {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    const expected = 'an object of names and values'
    throw new TomodachiError('OPTION_INVALID', { option, expected, actual: typeof fields })
  }
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    if (hopByHop.has(name.toLowerCase()))
      refuse(`${option}.${name}`, 'left out, as it is for the connection to say', 'given')
    try {
      validateHeaderName(name)
      for (const one of Array.isArray(value) ? value : [value]) validateHeaderValue(name, one)
    } catch {
      refuse(`${option}.${name}`, 'a field that HTTP can carry (RFC 9110, 5.5)', 'one with other characters')
    }
  }
}

function refuse(option: string, expected: string, actual: string): never {
  throw new TomodachiError('OPTION_INVALID', { option, expected, actual })
}

/**
 * The fields of one call: those of the trace that is being handled, then each list in its turn; a later field takes the
 * place of an earlier one, and undefined takes it out. Names in lower case.
 */
export function fieldsOf(...lists: readonly HeaderFields[]): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = { ...traceHeaders() }
  for (const list of lists) {
    for (const [name, value] of Object.entries(list)) {
      const key = name.toLowerCase()
      if (value === undefined) delete fields[key]
      else fields[key] = Array.isArray(value) ? value.map(String) : String(value)
    }
  }
  return fields
}
