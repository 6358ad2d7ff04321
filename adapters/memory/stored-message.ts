import { randomUUID } from 'node:crypto'
import type { Payload, WireHeaders } from '../../envelopes/index.ts'

/** A message as it lies in a queue. */
export class StoredMessage {
  /** Grows with each message that is published. */
  readonly sequence: number
  readonly topic: string
  readonly payload: Payload
  readonly headers: WireHeaders
  /** How many times it has been handed out and failed. */
  readonly failures: number
  #id: string | undefined

  constructor(
    sequence: number,
    topic: string,
    payload: Payload,
    headers: WireHeaders,
    failures = 0,
    id?: string,
  ) {
    this.sequence = sequence
    this.topic = topic
    this.payload = payload
    this.headers = headers
    this.failures = failures
    this.#id = id
  }

  /** Made when it is first read: most formats bring one, and making it takes longer than handing the message over. */
  get id(): string {
    this.#id ??= randomUUID()
    return this.#id
  }

  /** The same message with other headers, or with another number of failures. */
  with({ headers = this.headers, failures = this.failures }: Partial<StoredMessage>): StoredMessage {
    return new StoredMessage(this.sequence, this.topic, this.payload, headers, failures, this.id)
  }
}
