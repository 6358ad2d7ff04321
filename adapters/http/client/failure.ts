import { isA, partOf, reasonOf, textOf } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'
import type { ResolvedClientOptions } from './options.ts'

const limits = {
  UND_ERR_CONNECT_TIMEOUT: 'connectTimeout',
  UND_ERR_HEADERS_TIMEOUT: 'headersTimeout',
  UND_ERR_BODY_TIMEOUT: 'bodyTimeout',
} as const

/** What undici failed with, as an error of ours: a limit that was exceeded, or no answer. */
export function failureOf(call: string, error: unknown, options: ResolvedClientOptions): TomodachiError {
  if (isA(error, TomodachiError)) return error
  const code = textOf(partOf(error, 'code'))
  const limit = limits[code as keyof typeof limits] as (typeof limits)[keyof typeof limits] | undefined
  const cause = { cause: error }
  if (limit) return new TomodachiError('CALL_TIMEOUT', { call, limit, milliseconds: options[limit] }, cause)
  // A host with several addresses fails with one error for all, which says nothing.
  return new TomodachiError('CALL_FAILED', { call, reason: reasonOf(error) || code }, cause)
}

/** Whether a failure may be gone at the next try: whatever happened to the connection, but no answer that came late. */
export function isTransient({ code, values }: TomodachiError): boolean {
  if (code === 'CALL_TIMEOUT') return (values as { readonly limit: string }).limit === 'connectTimeout'
  return code === 'CALL_FAILED'
}

/** Whether all of an answer came, but its body cannot be used. */
export function isOfBody({ code }: TomodachiError): boolean {
  return code === 'RESPONSE_UNPARSABLE' || code === 'RESPONSE_TOO_LARGE'
}
