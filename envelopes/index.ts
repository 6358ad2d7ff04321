/** The envelope, and the wire formats of messages. */
export { Envelope, type EnvelopeDetails } from './envelope.ts'
export type { Format, MessageMetadata, ParsedMessage, Sender } from './format.ts'
export { jsonBase } from './json-base.ts'
export { raw } from './raw.ts'
