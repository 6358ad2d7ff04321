import { type Catalogued, errors, reasonOf, show, textOf } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'

/** The errors that only the SNS+SQS adapter throws. */
const codes = errors('sns-sqs', {
  CREDENTIALS_REFUSED: (v: { operation: string; reason: string }) =>
    `AWS rejected the credentials for ${v.operation}; check the access key, session token and region, whether you pass them or the SDK finds them in the environment or profile (${v.reason})`,
  EMBEDDED_IN_PRODUCTION: (v: { adapter: string }) =>
    `${v.adapter} does not run on an emulator in production; leave out the option embedded`,
  LAMBDA_EVENT_INVALID: (v: { actual: unknown }) =>
    `lambda() handles events of SQS with a list of Records, not ${show(v.actual)}; is the event source of the function a queue?`,
  LAMBDA_QUEUE_UNKNOWN: (v: { queue: string; consumed: string }) =>
    `no handler of the services consumes the queue "${v.queue}"; they consume ${v.consumed}; name the queue by the option queue`,
})

declare module '../../../kernel/index.ts' {
  interface ErrorCatalogue extends Catalogued<typeof codes> {}
}

/** An error of the SDK. */
interface AwsError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number }
  readonly $fault?: 'client' | 'server'
  readonly $retryable?: { readonly throttling?: boolean }
  readonly code?: string
  readonly Code?: string
}

/** Throttling, and wrong clocks, which the SDK corrects for the next call. */
const passing =
  /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|PriorRequestNotComplete|RequestTimeTooSkewed|RequestExpired|InternalError|InternalFailure|ServiceUnavailable|KMS\.?Throttling/i
const credentials =
  /CredentialsProvider|TokenProvider|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|ExpiredToken|InvalidAccessKeyId|InvalidSecurity|MissingAuthenticationToken|IncompleteSignature|InvalidSignature/i
const regions = /region is missing/i

/** Whether the same call may succeed a moment later: the network, a server error, throttling. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof TomodachiError) return false
  const { $metadata, $retryable } = error as AwsError
  const name = nameOf(error)
  if ($retryable || passing.test(name)) return true
  if (credentials.test(name) || regions.test(error.message)) return false
  const status = $metadata?.httpStatusCode
  // Without a status there was no response.
  return status === undefined || status >= 500 || status === 408 || status === 429
}

/** Whether a queue, or a topic, does not exist. */
export function isMissing(error: unknown): boolean {
  return /QueueDoesNotExist|NonExistentQueue|^NotFound/.test(nameOf(error))
}

/** Whether AWS denies the call. */
export function isForbidden(error: unknown): boolean {
  return /AccessDenied|AuthorizationError|UnauthorizedOperation/i.test(nameOf(error))
}

/** Whether a receipt handle is no longer valid: the lease has ended, or the message is gone. */
export function isLeaseLost(code: string | undefined): boolean {
  return /ReceiptHandleIsInvalid|MessageNotInflight|InvalidParameterValue/.test(code ?? '')
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
  if (credentials.test(nameOf(error)) || credentials.test(reason))
    return new TomodachiError('CREDENTIALS_REFUSED', { operation, reason }, cause)
  if (isTransient(error))
    return new TomodachiError('BROKER_UNREACHABLE', { broker: `AWS for ${operation}`, reason }, cause)
  return new TomodachiError('BROKER_REFUSED', { reason: `${operation}: ${reason}` }, cause)
}

/** The name of an error and its message, in one line. */
export function saidBy(error: unknown): string {
  const name = nameOf(error)
  const message = reasonOf(error).replace(/\s+/g, ' ').trim()
  if (/Deserialization error/.test(message)) {
    const { $metadata } = error as AwsError
    return `the response, with status ${$metadata?.httpStatusCode ?? 'unknown'}, cannot be read`
  }
  if (message === '' || message === name) return name
  return name === 'Error' || message.includes(name) ? message : `${name}: ${message}`
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return textOf(error)
  const { name, code, Code } = error as AwsError
  // For errors of the network the code says more than the name.
  return name === 'Error' ? (Code ?? code ?? name) : name
}
