/** The publisher of a message. Wire formats that name the sender write it. */
export interface Sender {
  readonly name: string
  readonly uuid: string
}

/** What a wire format says about a message in addition to its data. */
export interface MessageMetadata {
  /** Identity of the message; a retry keeps it. Empty if the message has none. */
  readonly messageUuid: string
  /** When the message was built, in seconds since the epoch; 0 if the message does not say. */
  readonly timestamp: number
  /** The format and its version, for example `tomodachi-json-base--1.0.0`. */
  readonly protocolVersion: string
  /**
   * The topic that the message was published to, without prefixes. Absent if the format or the message does not say.
   */
  readonly topic?: string
  /** Who published the message. Absent if the format or the message does not say. */
  readonly service?: Sender
  /** How the data was written, for example `raw` or `gzip_proto`. Absent in formats that have only one way. */
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
 * Names and values that travel next to the payload: headers, application properties, message attributes. If a transport
 * has its own place for the content type, it takes it from `content-type`, and reads it back into `content-type`.
 */
export type WireHeaders = Readonly<Record<string, unknown>>

/** A message as a format writes it, if it needs more than a payload. */
export interface BuiltMessage {
  readonly payload: Payload
  /**
   * Headers of the format. They take precedence over the publisher's, because the payload could not be read without
   * them.
   */
  readonly headers: WireHeaders
}

/**
 * A wire format: how data becomes a message, and back.
 *
 * `build` throws if the format cannot carry the data. `parse` throws if the message is not of its format; the bus then
 * dead-letters the message at once, because a second try could not read it either. `parse` gets the payload as text or
 * bytes, as the transport delivers it and whatever `build` made, and headers with whatever else travelled next to it.
 */
export interface Format {
  /**
   * Whether those who write such messages put nothing around the payload, even on a transport whose publishers do, as on
   * SQS. Default false.
   */
  readonly bare?: boolean | undefined
  build(data: unknown, topic: string, sender: Sender): Payload | BuiltMessage
  parse(payload: Payload, headers: WireHeaders): ParsedMessage
}
