import { randomUUID } from 'node:crypto'

/** What an adapter may say about an envelope, in addition to its address and its values. */
export interface EnvelopeDetails {
  /** Identity of the message on its transport. If the transport has none, one is made when it is first read. */
  readonly id?: string
  /** How many times this message has been handed out, this time included. Default 1. */
  readonly attempt?: number
  /** Transport headers that belong to the message: trace context, message attributes. */
  readonly headers?: Readonly<Record<string, unknown>>
  /** Why the payload could not be read. An envelope with a failure fails without being handled. */
  readonly failure?: Error | undefined
}

const noHeaders: Readonly<Record<string, unknown>> = Object.freeze({})
const noDetails: EnvelopeDetails = Object.freeze({})

/**
 * One thing that arrived: a request, frame, message or tick, addressed to one actor.
 *
 * `given` is what the transport hands to the handler. The envelope itself is small: its `id` is made, and its `headers`
 * are worked out, only when they are read.
 */
export class Envelope<Given extends object = object> {
  /** Unique address of the actor, for example `http GET /orders/:id`. */
  readonly address: string
  readonly given: Given
  readonly #details: EnvelopeDetails
  #id: string | undefined

  constructor(address: string, given: Given, details: EnvelopeDetails = noDetails) {
    this.address = address
    this.given = given
    this.#details = details
  }

  get id(): string {
    this.#id ??= this.#details.id ?? randomUUID()
    return this.#id
  }

  get attempt(): number {
    return this.#details.attempt ?? 1
  }

  get headers(): Readonly<Record<string, unknown>> {
    return this.#details.headers ?? noHeaders
  }

  get failure(): Error | undefined {
    return this.#details.failure
  }
}
