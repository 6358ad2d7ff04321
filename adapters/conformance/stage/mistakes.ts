import type { Schema } from '../../../kernel/index.ts'

type Verdict = { readonly value: string } | { readonly issues: readonly { readonly message: string }[] }

/** A schema that accepts everything but `a mistake`; `deliver` makes it judge at once, or later. */
export function schemaOf(deliver: (verdict: Verdict) => Verdict | Promise<Verdict>): Schema<unknown, string> {
  const judge = (value: unknown): Verdict =>
    value === 'a mistake' ? { issues: [{ message: 'it is a mistake' }] } : { value: String(value) }
  return {
    '~standard': { version: 1, vendor: 'tomodachi', validate: (value) => deliver(judge(value)) },
  }
}
