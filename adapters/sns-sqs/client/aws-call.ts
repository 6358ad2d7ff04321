import type { BusEvent } from '../../../kernel/index.ts'

/** One API call, which is the unit that AWS bills. */
export interface AwsCall {
  /** Name of the adapter. */
  readonly adapter: string
  /** `sns`, `sqs` or `sts`. */
  readonly service: string
  /** Name of the operation, such as `ReceiveMessage`. */
  readonly operation: string
  readonly milliseconds: number
  /** Undefined if the call succeeded. */
  readonly error: unknown
}

/** The event of each call, for `kernel.bus.on(awsCall, …)`. */
export const awsCall: BusEvent<AwsCall> = 'aws-call'
