/** Who publishes. Wire formats that name the sender write it. */
export interface Sender {
  readonly name: string
  readonly uuid: string
}

/** What a wire format says about a message beside its data. */
export interface MessageMetadata {
  /** Identity of the message; a retry keeps it. Empty where the message has none. */
  readonly messageUuid: string
  /** When the message was built, in seconds since the epoch; 0 where the message does not say. */
  readonly timestamp: number
  /** The format and its version, for example `tomodachi-json-base--1.0.0`. */
  readonly protocolVersion: string
  /** What the message was published to, without prefixes. Absent where the format or the message does not say. */
  readonly topic?: string
  /** Who published the message. Absent where the format or the message does not say. */
  readonly service?: Sender
  /** How the data was written, for example `raw` or `gzip_proto`. Absent in formats that know one way only. */
  readonly dataEncoding?: string
  /** CloudEvents: every attribute of the event, extension attributes included. */
  readonly attributes?: Readonly<Record<string, unknown>>
}

/** A message as a format reads it. */
export interface ParsedMessage {
  readonly data: unknown
  readonly metadata: MessageMetadata | undefined
}

/** The body of a message. */
export type Payload = string | Uint8Array

/**
 * Names and values that travel beside the payload: headers, application properties, message attributes. A transport
 * that has a place of its own for the content type takes it from `content-type`, and reads it back into there.
 */
export type WireHeaders = Readonly<Record<string, unknown>>

/** A message as a format writes it, where it needs more than a payload. */
export interface BuiltMessage {
  readonly payload: Payload
  /** They win over those of the publisher: without them the payload could not be read. */
  readonly headers: WireHeaders
}

/**
 * A wire format: how data becomes a message, and back.
 *
 * `build` throws when the format cannot carry the data. `parse` throws when the message is not of its format; the bus
 * then dead-letters it at once, since a second try cannot read it either. `parse` gets the payload as text or bytes,
 * whatever `build` made, since transports decide that, and headers with whatever else travelled beside it.
 */
export interface Format {
  build(data: unknown, topic: string, sender: Sender): Payload | BuiltMessage
  parse(payload: Payload, headers: WireHeaders): ParsedMessage
}
