import type { StandardSchemaV1 } from '@standard-schema/spec'
import { TomodachiError } from './errors.ts'
import { follow, isPromise, type MaybePromise } from './promise.ts'

/** Any schema that follows the Standard Schema specification: zod, valibot, arktype, typebox and others. */
export type Schema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>

/** What a schema takes. */
export type InputOf<S> = S extends StandardSchemaV1<infer Input, unknown> ? Input : never

/** What a schema turns valid input into. */
export type OutputOf<S> = S extends StandardSchemaV1<unknown, infer Output> ? Output : never

/** One thing that is wrong with a value, and where, such as `items.0.price`. */
export interface Issue {
  readonly field: string
  readonly message: string
}

/** What is wrong with a value: the first 20 issues with their texts cut, since a large value may have a million. */
export interface Issues {
  readonly issues: readonly Issue[]
  /** How many more there are. */
  readonly omitted: number
}

/** The value that the schema returned, or what is wrong with the input. */
export type Validated<Output> = { readonly value: Output } | Issues

const maxIssues = 20
/** Limits: the segments of a path, and the characters of a segment, of a whole path and of a message. */
const maxDepth = 50
const maxText = 300

/** Runs a schema. Returns a promise only if the schema validates asynchronously. */
export function validate<Output>(
  schema: Schema<unknown, Output>,
  value: unknown,
): MaybePromise<Validated<Output>> {
  const result = schema['~standard'].validate(value)
  return isPromise(result as MaybePromise<unknown>)
    ? follow(result as Promise<StandardSchemaV1.Result<Output>>, validated)
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
  throw new TomodachiError('PAYLOAD_INVALID', { subject, issues: sentenceOf(result) })
}

/** All issues in one sentence, such as `id: expected a number; name: too long; and 980 more`. */
export function sentenceOf({ issues, omitted }: Issues): string {
  const texts = issues.map(({ field, message }) => (field ? `${field}: ${message}` : message))
  return (omitted > 0 ? [...texts, `and ${omitted} more`] : texts).join('; ')
}

function validated<Output>(result: StandardSchemaV1.Result<Output>): Validated<Output> {
  if (!result.issues) return { value: result.value }
  const { issues } = result
  // Cut first: the paths and texts of all issues could be many times the size of the value.
  const listed = issues.slice(0, maxIssues).map(({ path = [], message }) => ({
    field: cut(path.slice(0, maxDepth).map(segmentOf).join('.')),
    message: cut(message),
  }))
  return { issues: listed, omitted: issues.length - listed.length }
}

function segmentOf(segment: PropertyKey | StandardSchemaV1.PathSegment): string {
  return cut(String(typeof segment === 'object' ? segment.key : segment))
}

function cut(text: string): string {
  return text.length > maxText ? `${text.slice(0, maxText)}…` : text
}
