import type { StandardSchemaV1 } from '@standard-schema/spec'
import { TomodachiError } from './errors.ts'
import { isPromise, type MaybePromise } from './settlement.ts'

/** Any schema that follows the Standard Schema specification: zod, valibot, arktype, typebox and others. */
export type Schema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>

/** What a schema makes of valid input. */
export type OutputOf<S> = S extends StandardSchemaV1<unknown, infer Output> ? Output : never

/** One thing that is wrong with a value, and where: `items.0.price`. */
export interface Issue {
  readonly field: string
  readonly message: string
}

/** The value that the schema made, or what is wrong with the value that was given. */
export type Validated<Output> = { readonly value: Output } | { readonly issues: readonly Issue[] }

/** Runs a schema. A promise only when the schema's own validation is asynchronous. */
export function validate<Output>(
  schema: Schema<unknown, Output>,
  value: unknown,
): MaybePromise<Validated<Output>> {
  const result = schema['~standard'].validate(value)
  return isPromise(result as MaybePromise<unknown>)
    ? (result as Promise<StandardSchemaV1.Result<Output>>).then(validated)
    : validated(result as StandardSchemaV1.Result<Output>)
}

/** Runs a schema, and throws `PAYLOAD_INVALID` for a value that does not fit. */
export function checked<Output>(
  schema: Schema<unknown, Output>,
  value: unknown,
  subject: string,
): MaybePromise<Output> {
  const result = validate(schema, value)
  return isPromise(result)
    ? result.then((late) => validOrThrow(late, subject))
    : validOrThrow(result, subject)
}

function validOrThrow<Output>(result: Validated<Output>, subject: string): Output {
  if ('value' in result) return result.value
  const issues = result.issues
    .map(({ field, message }) => (field ? `${field}: ${message}` : message))
    .join('; ')
  throw new TomodachiError('PAYLOAD_INVALID', { subject, issues })
}

function validated<Output>(result: StandardSchemaV1.Result<Output>): Validated<Output> {
  if (!result.issues) return { value: result.value }
  return {
    issues: result.issues.map(({ path = [], message }) => ({
      field: path.map(segmentOf).join('.'),
      message,
    })),
  }
}

function segmentOf(segment: PropertyKey | StandardSchemaV1.PathSegment): string {
  return String(typeof segment === 'object' ? segment.key : segment)
}
