import { isA, partOf, show } from './thrown.ts'

/**
 * The sentence of an error, made from its values: what happened, and what to do. It contains no secret and no
 * payload.
 */
export type ErrorSentence = (values: never) => string

/**
 * What an owner declares for one of its errors: the sentence, and the status unless that is 500. Transports that answer
 * with a status use it. From 400 to 499 the caller is at fault and may read the sentence; from 500 to 599 the service
 * is at fault, and the sentence stays in the log.
 */
export type ErrorDefinition = ErrorSentence | { readonly sentence: ErrorSentence; readonly status: number }

/** The values that the sentence of a definition takes; any object if it takes none. */
type ValuesIn<Definition> = Definition extends (values: infer Values) => string
  ? unknown extends Values
    ? object
    : Values
  : Definition extends { readonly sentence: infer Sentence }
    ? ValuesIn<Sentence>
    : never

declare const valuesOf: unique symbol

/** A code that carries the type of its values, as `errors()` returns it. At run time it is plain text. */
export type DeclaredCode<Name extends string = string, Values = object> = Name & {
  readonly [valuesOf]: Values
}

/** The codes of an owner, by name. */
export type DeclaredCodes<Definitions> = {
  readonly [Name in keyof Definitions & string]: DeclaredCode<Name, ValuesIn<Definitions[Name]>>
}

/** The types of the values by code, which an owner adds to `ErrorCatalogue`. */
export type Catalogued<Codes> = {
  [Name in keyof Codes]: Codes[Name] extends { readonly [valuesOf]: infer Values } ? Values : never
}

/**
 * The types of the values by code, for code that writes codes as text: `hasCode(error, 'PUBLISH_TIMEOUT')`.
 *
 * Each owner in this package adds its codes where it declares them. So `hasCode` of `tomodachi` knows the codes of
 * an adapter once the program imports that adapter, while the kernel knows none of them. Another package need not
 * add to this interface: it exports the constants that `errors()` returns, which carry their types.
 */
export interface ErrorCatalogue extends Catalogued<typeof codes> {}

/** The codes that a program may write as text: those of the kernel, and those of the adapters it imports. */
export type ErrorCode = keyof ErrorCatalogue

/** A code as text, or a constant that `errors()` returned. */
export type AnyErrorCode = ErrorCode | DeclaredCode

/** The values that the sentence of a code takes. */
export type ErrorValues<Code extends AnyErrorCode> = Code extends ErrorCode
  ? ErrorCatalogue[Code]
  : Code extends { readonly [valuesOf]: infer Values }
    ? Values
    : never

/** An error as its owner has declared it. */
export interface DeclaredError {
  readonly code: string
  readonly owner: string
  readonly status: number
  readonly sentence: ErrorSentence
}

const byCode = new Map<string, DeclaredError>()

/**
 * Declares the errors of an owner when its module is loaded; `owner` is the name of its folder or package. Each has a
 * code in capitals, unique in the process. A code that belongs to another owner throws `ERROR_CODE_TAKEN`, and then
 * none is declared. The same owner may declare a code again, as a second copy of a package does. Returns the codes,
 * typed, for code that throws and for `hasCode`:
 *
 *     export const { STOCK_GONE } = errors('orders', {
 *       STOCK_GONE: { status: 503, sentence: (v: { place: string }) => `the stock in ${v.place} is gone` },
 *     })
 *     throw new TomodachiError(STOCK_GONE, { place }, { cause })
 *
 * Throws `OPTION_INVALID` for an invalid owner, code, sentence or status.
 */
export function errors<const Definitions extends Readonly<Record<string, ErrorDefinition>>>(
  owner: string,
  definitions: Definitions,
): DeclaredCodes<Definitions> {
  check(typeof owner === 'string' && owner !== '', 'owner', 'the name of a folder or package', owner)
  const isObject = typeof definitions === 'object' && definitions !== null
  check(isObject, 'definitions', 'an object of codes', definitions)
  const declared = Object.entries(definitions).map(([code, definition]) =>
    declaration(owner, code, definition),
  )
  for (const error of declared) byCode.set(error.code, error)
  return Object.fromEntries(declared.map(({ code }) => [code, code])) as DeclaredCodes<Definitions>
}

function declaration(owner: string, code: string, definition: ErrorDefinition): DeclaredError {
  const sentence = typeof definition === 'object' ? definition?.sentence : definition
  const status = typeof definition === 'object' ? definition?.status : 500
  check(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(code), 'code', 'in capitals, such as STOCK_GONE', code)
  check(typeof sentence === 'function', `${code}.sentence`, 'a function of values', sentence)
  const isStatus = Number.isInteger(status) && status >= 400 && status <= 599
  check(isStatus, `${code}.status`, 'a whole number from 400 to 599', status)
  const other = byCode.get(code)?.owner ?? owner
  if (other !== owner) throw new TomodachiError('ERROR_CODE_TAKEN', { code, owner, other })
  return { code, owner, status, sentence }
}

function check(isRight: boolean, part: string, expected: string, actual: unknown): void {
  if (!isRight) throw new TomodachiError('OPTION_INVALID', { option: `errors(${part})`, expected, actual })
}

/** Every error that has been declared in this process, sorted by code, for documentation and its tests. */
export function declaredErrors(): readonly DeclaredError[] {
  return [...byCode.values()].sort((one, other) => (one.code < other.code ? -1 : 1))
}

/**
 * The status with which a transport may answer: 500 if the owner declared none, undefined for anything but a
 * `TomodachiError`. Never throws.
 */
export function statusOf(error: unknown): number | undefined {
  if (!isA(error, TomodachiError)) return undefined
  return byCode.get(partOf(error, 'code') as string)?.status ?? 500
}

/**
 * The library's one error class. `code` is stable and meant for programs, `message` for people; `values` are the
 * facts in the sentence, and `cause` is the underlying error, if there is one. Code that throws gives a code and
 * its values; the sentence stands where the owner declares the code. For a code that nobody declared, the message
 * is the code.
 */
export class TomodachiError<Code extends AnyErrorCode = AnyErrorCode> extends Error {
  override readonly name = 'TomodachiError'
  readonly code: Code
  readonly values: ErrorValues<Code>

  constructor(code: Code, values: ErrorValues<Code>, options?: ErrorOptions) {
    super(byCode.get(code)?.sentence(values as never) ?? code, options)
    this.code = code
    this.values = values
  }
}

/** Whether an error has this code; its `values` are then typed: `hasCode(error, 'PUBLISH_TIMEOUT')`. */
export function hasCode<Code extends AnyErrorCode>(
  error: unknown,
  code: Code,
): error is TomodachiError<Code> {
  return isA(error, TomodachiError) && partOf(error, 'code') === code
}

/** What is wrong with an option: its value, its name, or that another one is missing. */
type OptionMistake =
  | { option: string; expected: string; actual: unknown }
  | { option: string; expected: string; hidden: true }
  | { option: string; expected: string; missing: true }
  | { option: string; of: string; name: string; known: readonly string[]; nearest?: string }
  | { option: string; requiredBy: string }

function optionSentence(v: OptionMistake): string {
  if ('requiredBy' in v) return `${v.option} is required together with ${v.requiredBy}`
  if ('of' in v) {
    const hint = v.nearest ? `did you mean "${v.nearest}"?` : `it has ${v.known.join(', ') || 'none'}`
    return `${v.of} has no option "${v.name}"; ${hint}`
  }
  const subject = /^[\w.-]+$/.test(v.option) ? `the option ${v.option}` : v.option
  if ('missing' in v) return `${subject} is required: ${v.expected}`
  return `${subject} must be ${v.expected}${'hidden' in v ? '' : `, not ${show(v.actual)}`}`
}

/** The errors that every part of the library may raise. */
const codes = errors('kernel', {
  ERROR_CODE_TAKEN: (v: { code: string; owner: string; other: string }) =>
    `${v.owner} cannot declare the error code ${v.code}, because ${v.other} already has it; choose another code`,
  OPTIONS_CONFLICT: (v: { one: string; other: string }) =>
    `${v.one} and ${v.other} cannot be used together; set only one of them`,
  OPTION_INVALID: optionSentence,
  PACKAGE_MISSING: (v: { adapter: string; packages: string }) =>
    `${v.adapter} needs packages that are not installed; run "npm install ${v.packages}"`,
  PACKAGE_UNSUPPORTED: (v: { adapter: string; packages: string }) =>
    `${v.adapter} cannot use the installed release of ${v.packages.replaceAll(' ', ' or ')}; install the release that the peerDependencies of tomodachi name`,
  PAYLOAD_INVALID: (v: { subject: string; issues: string }) =>
    `${v.subject} does not fit its schema: ${v.issues}`,
  PAYLOAD_UNBUILDABLE: (v: { topic: string; reason: string }) =>
    `the data for ${v.topic} cannot be put into a message: ${v.reason}`,
  PAYLOAD_UNPARSABLE: {
    status: 400,
    sentence: (v: { subject: string; reason: string }) => `${v.subject} cannot be parsed: ${v.reason}`,
  },
  RESPONSE_INVALID: {
    status: 502,
    sentence: (v: { call: string; issues: string }) =>
      `the answer to ${v.call} does not fit its schema: ${v.issues}`,
  },
  RESPONSE_UNPARSABLE: {
    status: 502,
    sentence: (v: { call: string; reason: string }) =>
      `the answer to ${v.call} cannot be parsed: ${v.reason}`,
  },
  TLS_INVALID: (v: { part: string; reason: string }) =>
    `the TLS ${v.part} cannot be used: ${v.reason}; pass PEM as text or bytes, not the path of a file, and a key and a certificate that match`,
})
