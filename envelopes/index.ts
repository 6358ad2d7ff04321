export {
  type EventBridgeEvent,
  eventBridge,
  type S3Event,
  type S3EventRecord,
  s3Events,
} from './aws-events.ts'
/** The envelope, and the wire formats of messages. */

export { type CloudEventsOptions, cloudEvents } from './cloud-events.ts'
export { Envelope, type EnvelopeDetails } from './envelope.ts'
export type {
  BuiltMessage,
  Format,
  MessageMetadata,
  ParsedMessage,
  Payload,
  Sender,
  WireHeaders,
} from './format.ts'
export { type JsonBaseOptions, jsonBase } from './json-base.ts'
export type { Decompression } from './payload.ts'
export {
  type ProtobufBaseOptions,
  type ProtobufRoot,
  type ProtobufType,
  protobufBase,
} from './protobuf-base.ts'
export { type RawOptions, raw } from './raw.ts'
