import { type Catalogued, errors, reasonOf, show, textOf } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'

/** The errors that only the SNS+SQS adapter throws. */
const codes = errors('sns-sqs', {
  CREDENTIALS_REFUSED: (v: { operation: string; reason: string }) =>
    `AWS rejected the credentials for ${v.operation}; check the access key, session token and region, whether you pass them or the SDK finds them in the environment or profile (${v.reason})`,
  EMBEDDED_IN_PRODUCTION: (v: { adapter: string }) =>
    `${v.adapter} does not run on an emulator in production; leave out the option embedded`,
  PAYLOAD_OBJECT_MISSING: (v: { object: string }) =>
    `the payload of the message is gone: ${v.object} does not exist; check whether another reader or a lifecycle rule deletes objects`,
  PAYLOAD_STORE_REFUSED: (v: { operation: string; object: string; permission: string; reason: string }) =>
    `S3 refused to ${v.operation} the payload ${v.object}; check that the bucket exists and that you have ${v.permission} (${v.reason})`,
  LAMBDA_EVENT_INVALID: (v: { actual: unknown }) =>
    `lambda() handles events of SQS with a list of Records, not ${show(v.actual)}; check that the event source of the function is a queue`,
  LAMBDA_QUEUE_UNKNOWN: (v: { queue: string; consumed: string }) =>
    `none of the handlers consumes the queue "${v.queue}"; they consume ${v.consumed}; set the option queue of one of them to "${v.queue}", or remove that queue from the event sources of the function`,
  QUEUE_ELSEWHERE: (v: { queue: string; region: string; own: string }) =>
    `the queue "${v.queue}" is in the region ${v.region}, but this bus works in ${v.own}; make another bus for it with regionName: "${v.region}"`,
  QUEUE_NAMED_TWICE: (v: { one: string; other: string }) =>
    `"${v.one}" and "${v.other}" are the same queue; name it in the same way in all handlers`,
  QUEUE_POLICY_FULL: (v: { queue: string; size: string; most: string }) =>
    `the policy of the queue "${v.queue}" would have ${v.size}, but SQS allows ${v.most}; remove statements that are not needed, or allow all topics with a single statement of your own`,
})

declare module '../../../kernel/index.ts' {
  interface ErrorCatalogue extends Catalogued<typeof codes> {}
}

/** An error of the SDK. */
interface AwsError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean }
  readonly $fault?: 'client' | 'server'
  readonly $response?: unknown
  readonly $retryable?: { readonly throttling?: boolean }
  readonly code?: string
  readonly Code?: string
}

const passing =
  /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|PriorRequestNotComplete|InternalError|InternalFailure|ServiceUnavailable|KMS\.?Throttling/i
/** A wrong clock, which the SDK corrects for the next call by the date of the response. */
const clock = /RequestTimeTooSkewed|RequestExpired|RequestInTheFuture/i
/** What AWS says when the signature is not valid because of its time. */
const signatureTime = /Signature (expired|not yet current)/i
const signature = /SignatureDoesNotMatch|InvalidSignature/i
const credentials =
  /CredentialsProvider|TokenProvider|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|ExpiredToken|InvalidAccessKeyId|InvalidSecurity|MissingAuthenticationToken|IncompleteSignature|InvalidSignature/i
const regions = /region is missing/i
/** Errors of node for a request that cannot be written, such as one with a line break in a header. */
const unwritable = /^ERR_(INVALID|UNESCAPED)_/

/** Errors of calls that were never sent. */
const unsent = new WeakSet<object>()

/** Marks the error of a call that the SDK could not write. */
export function markUnsent(error: unknown): void {
  if (error instanceof Error) unsent.add(error)
}

/** Whether a call failed before it was sent, so that the same call would fail again. */
export function isUnsent(error: unknown): boolean {
  return error instanceof Error && (unsent.has(error) || unwritable.test((error as AwsError).code ?? ''))
}

/** Whether the same call may succeed a moment later: the network, a server error, throttling, a wrong clock. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof TomodachiError || isUnsent(error)) return false
  const { $metadata, $retryable } = error as AwsError
  const name = nameOf(error)
  if ($retryable || passing.test(name) || isClockWrong(error)) return true
  if (credentials.test(name) || regions.test(error.message)) return false
  const status = $metadata?.httpStatusCode
  // Without a status there was no response.
  if (status === undefined || status >= 500 || status === 408 || status === 429) return true
  // RFC 9110, section 15.5, and RFC 6585, section 5: the request is too large for somebody in between.
  return isUnreadable(error) && ![413, 414, 431].includes(status)
}

/** Whether the clock of this machine is wrong, as AWS says. */
function isClockWrong(error: unknown): boolean {
  return clock.test(nameOf(error)) || signatureTime.test(reasonOf(error))
}

/**
 * Whether the SDK has corrected its clock because of this error, so that the same call may succeed at once. With a
 * wrong key it fails again.
 */
export function isClockCorrected(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { $metadata } = error as AwsError
  return isClockWrong(error) || ($metadata?.clockSkewCorrected === true && signature.test(nameOf(error)))
}

/**
 * Whether a response is not one of AWS, or not all of it: it was cut off, or somebody in between has answered. Responses
 * of AWS have an error code.
 */
function isUnreadable(error: unknown): error is AwsError {
  if (!(error instanceof Error)) return false
  const { name, message, Code, $response } = error as AwsError
  if (message.includes('Deserialization error')) return true
  // To the SDK any response with the status 404 says that something does not exist.
  const isUnknown = name === 'Unknown' || (name.startsWith('NotFound') && message === 'Unknown')
  return $response !== undefined && Code === undefined && isUnknown
}

/** Whether AWS says that the credentials have expired. */
export function isExpired(error: unknown): boolean {
  return /ExpiredToken/i.test(nameOf(error))
}

/** Whether AWS rejected the credentials: they may have expired, and be renewed. */
export function isUnauthenticated(error: unknown): boolean {
  return error instanceof Error && !(error instanceof TomodachiError) && credentials.test(nameOf(error))
}

/** Whether a queue, or a topic, does not exist. */
export function isMissing(error: unknown): boolean {
  if (isUnreadable(error)) return false
  return /QueueDoesNotExist|NonExistentQueue|^NotFound/.test(nameOf(error))
}

/** Whether AWS denies the call. */
export function isForbidden(error: unknown): boolean {
  return /AccessDenied|AuthorizationError|UnauthorizedOperation/i.test(nameOf(error))
}

/** Whether a receipt handle is no longer valid: the lease has ended, or the message is gone. */
export function isLeaseLost(error: unknown): boolean {
  // A message that cannot be hidden for that long is still hidden.
  const reason = reasonOf(error)
  if (reason.includes('VisibilityTimeout') && reason.includes('beyond the limit')) return false
  return /ReceiptHandleIsInvalid|MessageNotInflight|InvalidParameterValue/.test(nameOf(error))
}

/** An error of the SDK in our words. `operation` says what was asked for: `the queue orders`. */
export function awsError(error: unknown, operation: string): TomodachiError {
  if (error instanceof TomodachiError) return error
  const reason = saidBy(error)
  const cause = { cause: error }
  if (regions.test(reason)) {
    const expected = 'set here, or as AWS_REGION in the environment'
    return new TomodachiError('OPTION_INVALID', { option: 'snsSqs.regionName', expected, actual: undefined })
  }
  if (!isClockWrong(error) && (credentials.test(nameOf(error)) || credentials.test(reason)))
    return new TomodachiError('CREDENTIALS_REFUSED', { operation, reason }, cause)
  if (isTransient(error))
    return new TomodachiError('BROKER_UNREACHABLE', { broker: `AWS for ${operation}`, reason }, cause)
  return new TomodachiError('BROKER_REFUSED', { reason: `${operation}: ${reason}` }, cause)
}

/** The name of an error and its message, in one line. */
export function saidBy(error: unknown): string {
  const name = nameOf(error)
  const message = reasonOf(error).replace(/\s+/g, ' ').trim()
  if (isUnreadable(error))
    return `the response, with status ${error.$metadata?.httpStatusCode ?? 'unknown'}, cannot be read`
  if (message === '' || message === name) return name
  return name === 'Error' || message.includes(name) ? message : `${name}: ${message}`
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return textOf(error)
  const { name, code, Code } = error as AwsError
  // For errors of the network the code says more than the name.
  return name === 'Error' ? (Code ?? code ?? name) : name
}
