import { isA, partOf, show } from './thrown.ts'

/** What an answer said beside its status: for programs only, so not enumerable, and never in logs. */
export interface ResponseContents {
  /** By name in lower case; an array where a field came more than once. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Parsed when it is JSON, such as a problem (RFC 9457); else text or bytes. */
  readonly body?: unknown
}

/**
 * Every error that the library raises: a code, and the sentence that says what happened and what to do.
 * A throw site names a code and gives the values; it never writes a sentence.
 */
const catalogue = {
  ADAPTER_ALREADY_RUNS: (v: { adapter: string }) =>
    `the adapter ${v.adapter} runs in another kernel already; make one of its own for each kernel, or run the services together`,
  ADAPTER_NOT_STARTED: (v: { adapter: string; operation: string }) =>
    `${v.adapter} is not started, so ${v.operation} cannot be done; wait until run() has resolved, or use the onStarted hook; an adapter without handlers has to be in the list adapters of a service`,
  ADDRESS_IN_USE: (v: { address: string }) =>
    `cannot listen on ${v.address}: the port is in use; stop the other process or choose another port`,
  ADDRESS_NOT_AVAILABLE: (v: { address: string; reason: string }) =>
    `cannot listen on ${v.address} (${v.reason}); check the host and the port, ports below 1024 need privileges`,
  BATCH_PLACE_INVALID: (v: { place: unknown; reason: string }) =>
    `BatchFailure names the place ${show(v.place)}, which cannot be: ${v.reason}; the whole batch counts as failed`,
  BODY_TOO_LARGE: (v: { limit: number; actual: number | undefined }) =>
    `Maximum request body size ${v.limit} exceeded${v.actual === undefined ? '' : `, actual body size ${v.actual}`}`,
  BROKER_LOGIN_REFUSED: (v: { broker: string; reason: string }) =>
    `the broker at ${v.broker} refused the login; check login and password (${v.reason})`,
  BROKER_OBJECT_MISSING: (v: { kind: string; name: string }) =>
    `the ${v.kind} "${v.name}" does not exist on the broker; declare it there, or leave out declare: false`,
  BROKER_REFUSED: (v: { reason: string }) => `the broker refused what was asked of it: ${v.reason}`,
  BROKER_UNREACHABLE: (v: { broker: string; reason: string }) =>
    `cannot connect to the broker at ${v.broker}: ${v.reason}`,
  CALL_FAILED: (v: { call: string; reason: string }) => `${v.call} was not answered: ${v.reason}`,
  CALL_TIMEOUT: (v: { call: string; limit: string; milliseconds: number }) =>
    `${v.call} has exceeded its ${v.limit} of ${v.milliseconds} ms`,
  COMMAND_UNKNOWN: (v: { command: string; hint: string }) =>
    `there is no command ${show(v.command)}; ${v.hint}`,
  CONFIRMATION_MISSING: (v: { command: string }) =>
    `${v.command} removes messages for good, and nobody is there to be asked; add --yes, or --dry-run to see how many`,
  CONTENT_ENCODING_UNKNOWN: (v: { encoding: string }) =>
    `the content encoding ${v.encoding} is not supported; send the body as it is, or use gzip or deflate`,
  CONTENT_TYPE_UNSUPPORTED: (v: { contentType: string; expected: string }) =>
    `the content type ${v.contentType} cannot be read here; send ${v.expected}`,
  BODY_UNREADABLE: (v: { reason: string }) => `the request body cannot be read: ${v.reason}`,
  BODY_USED: (_: object) =>
    'the request body has been taken already; read it once, as text, json, bytes or stream',
  CREDENTIALS_REFUSED: (v: { operation: string; reason: string }) =>
    `AWS did not accept the credentials for ${v.operation}; check access key, session token and region, or what the SDK finds in environment and profile (${v.reason})`,
  DEAD_LETTER_ORIGIN: (v: { queue: string }) =>
    `a message in "${v.queue}" does not say which queue it came from; redrive it with the option to`,
  DECORATORS_LEGACY: (_: object) =>
    'the decorator @on needs standard decorators; remove "experimentalDecorators" from tsconfig.json',
  EMBEDDED_IN_PRODUCTION: (v: { adapter: string }) =>
    `${v.adapter} would run on an emulator, in production; leave out the option embedded`,
  FILES_MISSING: (v: { command: string; needed: string; example: string }) =>
    `${v.command} needs ${v.needed}, as in "tomodachi ${v.command} ${v.example}"`,
  FILES_UNEXPECTED: (v: { command: string; file: string }) =>
    `the command ${v.command} takes no file, but was given ${show(v.file)}`,
  FILE_NEVER_LOADED: (v: { file: string }) =>
    `${v.file} never ends loading: a top-level await in it waits for something that cannot come any more`,
  FILE_NOT_FOUND: (v: { file: string; reason: string }) => `cannot run ${v.file}: ${v.reason}`,
  FILE_NOT_LOADABLE: (v: { file: string; reason: string }) => `cannot load ${v.file}: ${v.reason}`,
  FILE_RUNS_ITSELF: (v: { file: string }) =>
    `${v.file} runs its services itself; start it with node, or leave out run() and export them`,
  FILE_WITHOUT_SERVICE: (v: { file: string }) =>
    `${v.file} exports no service; write "export default new Service({ name: 'orders' })", or export a class that extends Service`,
  KERNEL_STOPPED: (_: object) => 'this kernel has been stopped; make a new one to run its services again',
  LOGGER_INVALID: (v: { name: string }) =>
    `the logger ${v.name} cannot log; it needs the methods debug, info, warn (or warning) and error`,
  LOGGER_NOT_FOUND: (v: { name: string; reason: string }) => `cannot use the logger ${v.name}: ${v.reason}`,
  LOG_LEVEL_INVALID: (v: { level: string; known: string }) =>
    `the log level ${v.level} is unknown; choose one of ${v.known}`,
  MESSAGE_TOO_LARGE: (v: { topic: string; bytes: number; limit: number }) =>
    `the message for ${v.topic} has ${v.bytes} bytes with its attributes, ${v.limit} are allowed; send where its data is instead`,
  MIDDLEWARE_NEXT_LATE: (v: { middleware: string }) =>
    `a middleware (${v.middleware}) called next() after the delivery had ended; call it before the middleware returns`,
  MIDDLEWARE_NEXT_TWICE: (v: { middleware: string }) =>
    `a middleware (${v.middleware}) called next() again though the first call had not failed; call it once, or again only after a rejection`,
  MIDDLEWARE_OUTCOME: (v: { middleware: string }) =>
    `a middleware (${v.middleware}) returned neither what next() gave it nor reply(value); return one of them`,
  MIDDLEWARE_OVERRIDE: (v: { key: string }) =>
    `a middleware tried to replace "${v.key}", which the transport provides; add it under another name`,
  NODE_TOO_OLD: (v: { actual: string; needed: string }) =>
    `Node ${v.actual} is too old; install Node ${v.needed} or newer`,
  NO_ACTOR: (v: { address: string }) =>
    `no actor has the address ${v.address}; deliver only to the actors that start() was given`,
  NO_HANDLERS: (v: { service: string }) =>
    `the service ${v.service} has no handlers; register at least one with on(source, handler)`,
  NO_SERVICES: (_: object) => 'there is no service to run; pass at least one Service to run()',
  OPTIONS_CONFLICT: (v: { one: string; other: string }) =>
    `${v.one} and ${v.other} exclude each other; give one of them`,
  OPTION_INVALID: (v: { option: string; expected: string; actual: unknown }) =>
    `the option ${v.option} must be ${v.expected}, not ${show(v.actual)}`,
  OPTION_MISPLACED: (v: { option: string; command: string }) =>
    `the option ${v.option} does not belong to the command ${v.command}`,
  OPTION_UNKNOWN: (v: { option: string; hint: string }) => `there is no option ${v.option}; ${v.hint}`,
  OPTION_WITHOUT_VALUE: (v: { option: string; help: string }) =>
    `the option ${v.option} needs a value: ${v.help}`,
  OPTION_WITH_VALUE: (v: { option: string; value: string }) =>
    `the option ${v.option} takes no value, but was given ${show(v.value)}`,
  PACKAGE_MISSING: (v: { adapter: string; packages: string }) =>
    `${v.adapter} needs packages that are not installed; run "npm install ${v.packages}"`,
  PATTERN_INVALID: (v: { pattern: string; reason: string }) =>
    `the topic pattern "${v.pattern}" is invalid: ${v.reason}`,
  PAYLOAD_INVALID: (v: { subject: string; issues: string }) =>
    `${v.subject} does not fit its schema: ${v.issues}`,
  PAYLOAD_UNPARSABLE: (v: { subject: string; reason: string }) =>
    `${v.subject} cannot be parsed: ${v.reason}`,
  PAYLOAD_UNBUILDABLE: (v: { topic: string; reason: string }) =>
    `the data for ${v.topic} cannot be put into a message: ${v.reason}`,
  PUBLISH_OVERFLOW: (v: { topic: string; waiting: number }) =>
    `the message for ${v.topic} was not taken, as ${v.waiting} others wait to be published; await what you publish, or raise publishQueue`,
  PUBLISH_REFUSED: (v: { topic: string; reason: string }) =>
    `the broker did not take the message for ${v.topic}: ${v.reason}`,
  PUBLISH_TIMEOUT: (v: { topic: string; milliseconds: number; reason: string }) =>
    `the message for ${v.topic} was not confirmed within ${v.milliseconds} ms: ${v.reason}`,
  PUBLISH_UNROUTABLE: (v: { topic: string }) =>
    `no queue takes the message for ${v.topic}; start a consumer first, or leave out mandatory`,
  QUEUE_MISMATCH: (v: { queue: string; reason: string }) =>
    `"${v.queue}" exists on the broker in another way than it is declared here; give the same arguments, or delete it there (${v.reason})`,
  QUEUE_NOT_COMPETING: (v: { queue: string }) =>
    `the queue "${v.queue}" has a name, so its consumers share it; leave out the name, or competing: false`,
  QUEUE_SHARED: (v: { queue: string; first: string; second: string }) =>
    `the handlers ${v.first} and ${v.second} consume the queue "${v.queue}" both, so each would get only a part of its messages; give each a queue of its own with the option queue`,
  QUEUE_UNKNOWN: (v: { queue: string; hint: string }) =>
    `there is no dead-letter queue ${show(v.queue)}; ${v.hint}`,
  REPLY_CHARSET: (v: { charset: string; reason: string }) =>
    `the reply cannot be written in ${v.charset}: ${v.reason}`,
  REPLY_INVALID: (v: { address: string; actual: unknown; hint: string }) =>
    `the handler of ${v.address} returned ${show(v.actual)}, which is no reply; ${v.hint}`,
  REPLY_LENGTH: (v: { announced: number }) =>
    `the stream is not ${v.announced} bytes long, although the content-length of its reply says so`,
  REQUEST_FAILED: (v: { topic: string; reason: string }) =>
    `the request on ${v.topic} was not answered: ${v.reason}`,
  REQUEST_TIMEOUT: (v: { topic: string; milliseconds: number }) =>
    `the request on ${v.topic} was not answered within ${v.milliseconds} ms`,
  RESPONSE_INVALID: (v: { call: string; issues: string }) =>
    `the answer to ${v.call} does not fit its schema: ${v.issues}`,
  RESPONSE_NOT_OK: (v: { call: string; status: number } & ResponseContents) =>
    `${v.call} was answered with the status ${v.status}`,
  RESPONSE_TOO_LARGE: (v: { call: string; limit: number }) =>
    `the answer to ${v.call} is larger than ${v.limit} bytes; raise maxResponseSize, or take it as a stream`,
  RESPONSE_UNPARSABLE: (v: { call: string; reason: string }) =>
    `the answer to ${v.call} cannot be parsed: ${v.reason}`,
  ROUTE_INVALID: (v: { path: string; reason: string }) => `the path ${v.path} is no valid route: ${v.reason}`,
  SERVICE_ALREADY_RUNS: (v: { service: string }) =>
    `the service ${v.service} runs already; stop it before it is started again`,
  SERVICE_FOREIGN: (v: { file: string; other: string; own: string }) =>
    `${v.file} uses the copy of tomodachi in ${v.other}, but this command belongs to the one in ${v.own}; run it with ${v.other}/dist/kernel/cli/main.js`,
  SERVICE_INVALID: (v: { actual: unknown; hint: string }) =>
    `run() takes services, as in run(new Service({ name: 'orders' })), not ${show(v.actual)}${v.hint && `; ${v.hint}`}`,
  SERVICE_NOT_MADE: (v: { service: string; reason: string }) =>
    `cannot make the service ${v.service}: ${v.reason}`,
  SERVICE_STARTED: (v: { service: string; source: string }) =>
    `the service ${v.service} runs already, so on(${v.source}) would change nothing; register handlers before run()`,
  SERVICE_TWICE: (v: { service: string }) =>
    `the service ${v.service} was given twice; give each service once`,
  SOCKET_REPLY_INVALID: (v: { address: string; problem: string }) =>
    `the handler of ${v.address} returned ${v.problem}; return { message?, close? } with functions, [message, close?] or nothing`,
  START_FAILED: (v: { reason: string }) => `the service could not start: ${v.reason}`,
  STEP_TIMEOUT: (v: { step: string }) => `${v.step} did not finish in time and was left behind`,
  STOP_AWAITED: (v: { waiter: string }) =>
    `${v.waiter} cannot await kernel.stop(), which waits for it; the stop has begun, so leave out the await, or call exit()`,
  STOPPED_WHILE_STARTING: (_: object) => 'the service was stopped while it was starting',
  TLS_INVALID: (v: { part: string; reason: string }) =>
    `the TLS ${v.part} cannot be used: ${v.reason}; give PEM as text or bytes, not the path of a file, and a key and a certificate that belong together`,
  TOPIC_WITH_WILDCARD: (v: { topic: string }) =>
    `messages cannot be published to "${v.topic}"; name one topic, without wildcards`,
  VIRTUAL_HOST_MISSING: (v: { broker: string; virtualhost: string }) =>
    `the broker at ${v.broker} has no virtual host "${v.virtualhost}", or the login must not use it; create it, or check virtualhost`,
  WORK_ABANDONED: (v: { count: number }) =>
    `${v.count} unfinished deliveries were released at the drain deadline`,
  WORK_UNFINISHED: (v: { adapter: string }) =>
    `${v.adapter} had not finished its own work, such as calls or publishes, at the drain deadline`,
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

/** Whether an error is one of this code; its `values` are then typed: `hasCode(error, 'RESPONSE_NOT_OK')`. */
export function hasCode<Code extends ErrorCode>(error: unknown, code: Code): error is TomodachiError<Code> {
  return isA(error, TomodachiError) && partOf(error, 'code') === code
}
