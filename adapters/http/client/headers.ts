import { validateHeaderName, validateHeaderValue } from 'node:http'
import { withTrace } from '../../../kernel/adapter-kit.ts'
import { hopByHop } from '../message/hop-by-hop.ts'
import { invalidClientOption } from '../options/option-checks.ts'
import type { HeaderFields } from '../reply/reply.ts'

/** Throws `OPTION_INVALID` for fields that cannot be sent. It never shows a value: that may be a secret. */
export function checkFields(fields: unknown): asserts fields is HeaderFields {
  // Of Headers and Maps the entries would be lost.
  if (typeof fields !== 'object' || fields === null || Symbol.iterator in fields) {
    invalidClientOption('headers', 'an object of names and values', typeof fields)
  }
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    if (isOfConnection(name.toLowerCase()))
      invalidClientOption(`headers.${name}`, 'left out, as it is for the connection to say', 'given')
    try {
      validateHeaderName(name)
      for (const one of Array.isArray(value) ? value : [value]) validateHeaderValue(name, one)
    } catch {
      invalidClientOption(
        `headers.${name}`,
        'a field that HTTP can carry (RFC 9110, 5.5)',
        'one with other characters',
      )
    }
  }
}

/** Whether undici sends it or would wait for an answer to it. An origin may be a proxy that asks for credentials. */
function isOfConnection(key: string): boolean {
  return key === 'expect' || (hopByHop.has(key) && !key.startsWith('proxy-auth'))
}

/**
 * The fields of one call: those of the trace that is being handled, then each list in its turn; a later field takes the
 * place of an earlier one, and undefined takes it out. Names in lower case.
 */
export function fieldsOf(...lists: readonly HeaderFields[]): Record<string, string | string[]> {
  const own: HeaderFields = Object.fromEntries(
    lists.flatMap(Object.entries).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const fields: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(withTrace(own)))
    if (value !== undefined) fields[name] = Array.isArray(value) ? value.map(String) : String(value)
  return fields
}
