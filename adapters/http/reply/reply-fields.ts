import { connectionOptions, hopByHop } from '../message/hop-by-hop.ts'

/** The header fields of a reply, without those about how its body is sent. */
export interface ReplyFields {
  /** Names and values in turn. */
  readonly headers: readonly (string | number)[]
  readonly contentType: string | undefined
  /** The content coding that the reply names (RFC 9110, 8.4). */
  readonly coding: string | undefined
  /** Length of the body as the reply announces it; undefined without a valid one. */
  readonly announced: number | undefined
}

/**
 * Sorts the fields of a reply. Fields of another connection, which a forwarded answer may have, are left out; only
 * `Connection: close` is kept, if `closes` allows it.
 */
export function replyFields(
  entries: Iterable<readonly [string, unknown]>,
  status: number,
  closes: boolean,
): ReplyFields {
  const headers: (string | number)[] = []
  let contentType: string | undefined
  let coding: string | undefined
  let length: unknown
  let connection: readonly string[] | undefined
  for (const [name, value] of entries) {
    if (value === undefined) continue
    const key = name.toLowerCase()
    if (key === 'content-type') contentType = String(value)
    else if (key === 'content-encoding') coding = String(value).toLowerCase() || undefined
    // Two lengths: at least one is wrong.
    else if (key === 'content-length') length = length === undefined ? value : Number.NaN
    // RFC 9110, 15.5.22: a 426 says to what.
    else if (hopByHop.has(key) && (status !== 426 || !/^(?:connection|upgrade)$/.test(key))) {
      if (key === 'connection') connection = [...(connection ?? []), ...connectionOptions(value)]
    } else if (Array.isArray(value)) for (const one of value) headers.push(name, one)
    else headers.push(name, value as string | number)
  }
  if (connection !== undefined) withoutFields(headers, connection)
  if (closes && connection?.includes('close')) headers.push('Connection', 'close')
  return { headers, contentType, coding, announced: lengthFrom(length) }
}

/** Removes the fields that the `Connection` field names: they are for that connection alone. */
function withoutFields(headers: (string | number)[], names: readonly string[]): void {
  for (let index = headers.length - 2; index >= 0; index -= 2)
    if (names.includes(String(headers[index]).toLowerCase())) headers.splice(index, 2)
}

function lengthFrom(value: unknown): number | undefined {
  const text = String(value)
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
