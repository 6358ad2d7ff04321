/** How many messages go in one call of `send`. */
export interface SendLimits {
  /** Most messages of one call of `send`. */
  readonly entries: number
  /** Most bytes of one call, counted by the messages' `bytes`. Default: no limit. */
  readonly bytes?: number
  /** How long a message waits for others to the same target, in milliseconds. Default 0: it does not wait. */
  readonly linger?: number
  /**
   * Whether only one call for this target may be under way, so that messages keep their order even when sent again.
   * Default: no.
   */
  inOrder?(target: string): boolean
}

/** A message on its way to the broker. */
export interface Outgoing {
  /** Messages to the same target can go in one call, and keep their order. */
  readonly target: string
  /**
   * For targets in order: messages of a group keep their order, even if the broker takes one of a call and refuses
   * another for a passing reason. Only one of a group goes in a call. Default: no group, and calls keep their order.
   */
  readonly group?: string | undefined
  /** Its size for `SendLimits.bytes`. Default 0. */
  readonly bytes?: number
}

/** A message to be sent now. Call one of its methods once, as a method (they are not bound); later calls change nothing. */
export interface Sending<Message extends Outgoing = Outgoing> {
  readonly message: Message
  /** How many times it has already been sent without success. */
  readonly attempts: number
  /** Call it when the broker has the message. The publisher is given `result`. */
  confirm(result?: unknown): void
  /**
   * Call it when the broker did not take the message. If `isPassing` accepts the error, it is sent again until its
   * deadline; otherwise the publisher gets the error.
   */
  fail(error: unknown): void
}
