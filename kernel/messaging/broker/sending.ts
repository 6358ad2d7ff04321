/** Bounds of sending. */
export interface SendLimits {
  /** Most messages of one call of `send`. */
  readonly entries: number
  /** Most bytes of one call, by the messages' `bytes`. Default: no limit. */
  readonly bytes?: number
  /** How long a message waits for others for the same target, in milliseconds. Default 0: it does not wait. */
  readonly linger?: number
  /** Whether at most one call for this target may be under way, and messages keep their order even when sent again. Default: no. */
  inOrder?(target: string): boolean
}

/** A message on its way to the broker. */
export interface Outgoing {
  /** Messages for one target can go in one call, and keep their order. */
  readonly target: string
  /** What it counts for `SendLimits.bytes`. Default 0. */
  readonly bytes?: number
}

/** A message to be sent now. One of its methods is called, once, and on it, as none is bound; later calls change nothing. */
export interface Sending<Message extends Outgoing = Outgoing> {
  readonly message: Message
  /** Times that it has been sent before without success. */
  readonly attempts: number
  /** The broker has it. `result` is what whoever sent it is given. */
  confirm(result?: unknown): void
  /** It was not taken. It is sent again where `isPassing` says so, until its deadline; else its publisher is told. */
  fail(error: unknown): void
}
