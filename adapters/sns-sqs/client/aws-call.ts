import type { BusEvent } from '../../../kernel/index.ts'

/** One call of the API: what AWS bills by. */
export interface AwsCall {
  /** Name of the adapter. */
  readonly adapter: string
  /** `sns`, `sqs` or `sts`. */
  readonly service: string
  /** Such as `ReceiveMessage`. */
  readonly operation: string
  readonly milliseconds: number
  /** Undefined when it went well. */
  readonly error: unknown
}

/** The event of each call, for `kernel.bus.on(awsCall, …)`. */
export const awsCall: BusEvent<AwsCall> = 'aws-call'
