/** Who publishes. Wire formats that name the sender write it. */
export interface Sender {
  readonly name: string
  readonly uuid: string
}

/** What a wire format says about a message beside its data. */
export interface MessageMetadata {
  /** Identity of the message; a retry keeps it. */
  readonly messageUuid: string
  /** When the message was built, in seconds since the epoch. */
  readonly timestamp: number
  /** The format and its version, for example `tomodachi-json-base--1.0.0`. */
  readonly protocolVersion: string
}

/** A message as a format reads it. */
export interface ParsedMessage {
  readonly data: unknown
  readonly metadata: MessageMetadata | undefined
}

/**
 * A wire format: how data becomes a payload, and back.
 *
 * `parse` throws when the payload is not of its format. The bus then dead-letters the message at once, since a
 * second try cannot read it either.
 */
export interface Format {
  build(data: unknown, topic: string, sender: Sender): string | Uint8Array
  parse(payload: string | Uint8Array): ParsedMessage
}
