import { validateHeaderName, validateHeaderValue } from 'node:http'
import { type Instrument, type OptionShape, withTrace } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'
import { hopByHop } from '../message/hop-by-hop.ts'
import type { HeaderFields } from '../reply/reply.ts'

/** The option `headers`: fields that can be sent. Errors never show a value, because it may be secret. */
export function headersOption(): OptionShape<HeaderFields> {
  return {
    standard: {},
    expected: 'an object of names and values',
    isSecret: true,
    read(fields, { owner, path }, option) {
      // The entries of Headers and Maps would be lost.
      if (typeof fields !== 'object' || fields === null || Symbol.iterator in fields) return undefined
      for (const [name, value] of Object.entries(fields)) {
        const expected = value === undefined ? undefined : expectedOf(name, value)
        if (expected === undefined) continue
        const values = { option: `${owner}.${path}${option}.${name}`, expected, hidden: true } as const
        throw new TomodachiError('OPTION_INVALID', values)
      }
      return fields as HeaderFields
    },
  }
}

/** What a field should be; undefined for one that can be sent. */
function expectedOf(name: string, value: unknown): string | undefined {
  if (isOfConnection(name.toLowerCase()))
    return 'left out, because the client sets the fields of the connection itself'
  try {
    validateHeaderName(name)
    for (const one of Array.isArray(value) ? value : [value]) validateHeaderValue(name, one)
    return undefined
  } catch {
    return 'a field that HTTP can carry (RFC 9110, 5.5)'
  }
}

/** Whether undici sends the field itself, or would wait for an answer to it. Credentials for proxies are allowed. */
function isOfConnection(key: string): boolean {
  return key === 'expect' || (hopByHop.has(key) && !key.startsWith('proxy-auth'))
}

/** The fields of these lists, with names in lower case. A later field replaces an earlier one. */
export function ownFields(...lists: readonly HeaderFields[]): HeaderFields {
  return Object.fromEntries(lists.flatMap(Object.entries).map(([name, value]) => [name.toLowerCase(), value]))
}

/** The fields of a call: its own, and those of the current trace that it has not itself. Undefined removes a field. */
export function tracedFields(
  own: HeaderFields,
  instrument: Instrument | undefined,
): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(withTrace(own, instrument)))
    if (value !== undefined) fields[name] = Array.isArray(value) ? value.map(String) : String(value)
  return fields
}
