/**
 * How one delivery ended. Exactly one of these, once.
 *
 * - `acked`: handled; `reply` is what the handler returned.
 * - `released`: given back to be handled again. After a failure, `failed` is true, the try counts, and `after` says how
 *   long to wait in milliseconds; after a cancellation (shutdown, lost lease, lost channel) the try does not count.
 * - `deadLettered`: cannot be handled; to be kept aside with its reason.
 * - `dropped`: will not be handled, by choice or because its transport cannot hand it out again.
 */
export type Settlement<Reply = unknown> =
  | { readonly state: 'acked'; readonly reply: Reply }
  | {
      readonly state: 'released'
      readonly failed: boolean
      readonly after: number
      readonly reason: string
      readonly error?: unknown
    }
  | { readonly state: 'deadLettered'; readonly reason: string; readonly error?: unknown }
  | { readonly state: 'dropped'; readonly reason: string; readonly error?: unknown }

/**
 * Decides the settlement of a delivery from the error that it ended with. `handled` says whether middleware and handler
 * had been entered; before that, the error is about the delivery's own payload. Default false.
 */
export type FailureRule = (error: unknown, attempt: number, handled?: boolean) => Settlement<never>
