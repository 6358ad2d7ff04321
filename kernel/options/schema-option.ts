import type { Schema } from '../schema.ts'
import { type OptionShape, optionShape } from './option-shape.ts'

const expected = 'a Standard Schema, such as one of Zod, Valibot or ArkType'

/** A schema that follows the Standard Schema specification. */
export function schemaOption(): OptionShape<Schema | undefined> {
  return optionShape<Schema | undefined>(
    undefined,
    (value) =>
      isJsonSchema(value) ? `${expected} (a plain JSON Schema cannot validate anything by itself)` : expected,
    (value) => (isSchema(value) ? value : undefined),
  )
}

/** Whether a value is a schema that follows the Standard Schema specification. */
export function isSchema(value: unknown): value is Schema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  return typeof (value as Partial<Schema>)['~standard']?.validate === 'function'
}

function isJsonSchema(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return ['type', '$schema', 'properties', '$ref', 'anyOf', 'allOf', 'oneOf'].some((key) => key in value)
}
