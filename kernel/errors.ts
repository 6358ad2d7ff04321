/**
 * Every error that the library raises: a code, and the sentence that says what happened and what to do.
 * A throw site names a code and gives the values; it never writes a sentence.
 */
const catalogue = {
  ADAPTER_NOT_STARTED: (v: { adapter: string; operation: string }) =>
    `${v.adapter} is not started, so ${v.operation} cannot be done; wait until run() has resolved, or use the onStarted hook`,
  ADAPTER_CLOSE_FAILED: (v: { adapter: string; reason: string }) =>
    `${v.adapter} could not be closed cleanly: ${v.reason}`,
  ADDRESS_IN_USE: (v: { address: string }) =>
    `cannot listen on ${v.address}: the port is in use; stop the other process or choose another port`,
  ADDRESS_NOT_AVAILABLE: (v: { address: string; reason: string }) =>
    `cannot listen on ${v.address} (${v.reason}); check the host and the port, ports below 1024 need privileges`,
  BODY_TOO_LARGE: (v: { limit: number; actual: number | undefined }) =>
    `Maximum request body size ${v.limit} exceeded${v.actual === undefined ? '' : `, actual body size ${v.actual}`}`,
  CONTENT_ENCODING_UNKNOWN: (v: { encoding: string }) =>
    `the content encoding ${v.encoding} is not supported; send the body as it is, or use gzip or deflate`,
  CONTENT_TYPE_UNSUPPORTED: (v: { contentType: string }) =>
    `the content type ${v.contentType} cannot be read here; send JSON with the header "content-type: application/json"`,
  BODY_UNREADABLE: (v: { reason: string }) => `the request body cannot be read: ${v.reason}`,
  BODY_USED: (_: object) =>
    'the request body has been taken already; read it once, as text, json, bytes or stream',
  LOGGER_INVALID: (v: { name: string }) =>
    `the logger ${v.name} cannot log; it needs the methods debug, info, warn (or warning) and error`,
  LOG_LEVEL_INVALID: (v: { level: string; known: string }) =>
    `the log level ${v.level} is unknown; choose one of ${v.known}`,
  MIDDLEWARE_OUTCOME: (v: { middleware: string }) =>
    `the middleware ${v.middleware} returned neither what next() gave it nor reply(value); return one of them`,
  MIDDLEWARE_OVERRIDE: (v: { key: string }) =>
    `a middleware tried to replace "${v.key}", which the transport provides; add it under another name`,
  NO_ACTOR: (v: { address: string }) =>
    `no actor has the address ${v.address}; deliver only to the actors that start() was given`,
  NO_HANDLERS: (v: { service: string }) =>
    `the service ${v.service} has no handlers; register at least one with on(source, handler)`,
  NO_SERVICES: (_: object) => 'there is no service to run; pass at least one Service to run()',
  OPTION_INVALID: (v: { option: string; expected: string; actual: unknown }) =>
    `the option ${v.option} must be ${v.expected}, not ${show(v.actual)}`,
  PATTERN_INVALID: (v: { pattern: string; reason: string }) =>
    `the topic pattern "${v.pattern}" is invalid: ${v.reason}`,
  PAYLOAD_INVALID: (v: { subject: string; issues: string }) =>
    `${v.subject} does not fit its schema: ${v.issues}`,
  PAYLOAD_UNPARSABLE: (v: { subject: string; reason: string }) =>
    `${v.subject} cannot be parsed: ${v.reason}`,
  PAYLOAD_UNBUILDABLE: (v: { topic: string; reason: string }) =>
    `the data for ${v.topic} cannot be put into a message: ${v.reason}`,
  QUEUE_CONFLICT: (v: { queue: string; reason: string }) =>
    `the queue "${v.queue}" cannot be used: ${v.reason}`,
  REPLY_CHARSET: (v: { charset: string; reason: string }) =>
    `the reply cannot be written in ${v.charset}: ${v.reason}`,
  REPLY_INVALID: (v: { address: string; actual: unknown }) =>
    `the handler of ${v.address} returned ${show(v.actual)}, which is no reply; return a string, bytes, a stream, a Response, [status, body?, headers?], { status?, body?, headers? } or nothing`,
  ROUTE_INVALID: (v: { path: string; reason: string }) => `the path ${v.path} is no valid route: ${v.reason}`,
  SERVICE_ALREADY_RUNS: (v: { service: string }) =>
    `the service ${v.service} runs already; stop it before it is started again`,
  STEP_TIMEOUT: (v: { step: string }) => `${v.step} did not finish in time and was left behind`,
  STOPPED_WHILE_STARTING: (_: object) => 'the service was stopped while it was starting',
  WORK_ABANDONED: (v: { count: number }) =>
    `${v.count} unfinished deliveries were released at the drain deadline`,
} as const

/** The codes that a `TomodachiError` can have. */
export type ErrorCode = keyof typeof catalogue

/** The values that the sentence of a code takes. */
export type ErrorValues<Code extends ErrorCode> = Parameters<(typeof catalogue)[Code]>[0]

/** Every code, sorted, for documentation and for tests that hold it to the catalogue. */
export const errorCodes: readonly ErrorCode[] = (Object.keys(catalogue) as ErrorCode[]).sort()

/**
 * The one error class of the library. `code` is stable and meant for programs, `message` for people; `values` are
 * the facts in the sentence, and `cause` is the error underneath where there is one.
 */
export class TomodachiError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'TomodachiError'
  readonly code: Code
  readonly values: ErrorValues<Code>

  constructor(code: Code, values: ErrorValues<Code>, options?: ErrorOptions) {
    super((catalogue[code] as (values: ErrorValues<Code>) => string)(values), options)
    this.code = code
    this.values = values
  }
}

/** The message of whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  const keys = Object.keys(value)
  return Array.isArray(value)
    ? `an array of ${value.length}`
    : `an object with ${keys.length > 0 ? `the keys ${keys.slice(0, 8).join(', ')}` : 'no keys'}`
}
