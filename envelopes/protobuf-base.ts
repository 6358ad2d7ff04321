import { randomUUID } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import type { Message, Type } from 'protobufjs'
import type { Format, MessageMetadata, ParsedMessage, Payload, Sender } from './format.ts'
import { checkNames, invalidOption, requireOneOf } from './option.ts'
import { type Decompression, fromBase64, inflater, textOf } from './payload.ts'
import { dataOf, messageOf } from './protobuf-data.ts'
import { protobuf, typeOf } from './protobuf-type.ts'

const protocolVersion = 'tomodachi-protobuf-base--1.0.0'
/** The Python library compresses what is larger than this, in bytes. */
const compressAbove = 60_000

/** A message type of protobufjs (its class `Type`). */
export interface ProtobufType {
  readonly fullName: string
  readonly fieldsArray: readonly object[]
  encode(message: never): { finish(): Uint8Array }
  decode(bytes: Uint8Array): object
}

/** Definitions as protobufjs keeps them (its class `Root`). */
export interface ProtobufRoot {
  lookupType(path: string): ProtobufType
}

/** Which message, and where it is defined. */
export interface ProtobufDefinition {
  /** A `Type` of protobufjs, or the full name of a message in `proto`, such as `shop.Order`. */
  readonly message: ProtobufType | string
  /**
   * Defines the message if `message` is a name. It is the text of a .proto file (proto3 unless it says otherwise; only
   * google/protobuf can be imported), the bytes of a `FileDescriptorSet` as
   * `protoc --include_imports --descriptor_set_out` writes it, or a `Root` of protobufjs.
   */
  readonly proto?: string | Uint8Array | ProtobufRoot
  /**
   * Whether fields keep their names exactly as written in `proto`, if `proto` is text or bytes. Default false:
   * `order_id` becomes `orderId`, as in protobuf's JSON mapping.
   */
  readonly keepCase?: boolean
}

/** Options of `protobufBase()`: the message type, and how handlers get its values. */
export interface ProtobufBaseOptions extends ProtobufDefinition, Decompression {
  /** What a handler gets for 64-bit integers. `number` loses precision beyond 2^53. Default `bigint`. */
  readonly longs?: 'bigint' | 'number' | 'string'
  /** How a handler gets values of enums. Default `name`. */
  readonly enums?: 'name' | 'number'
}

const names = ['message', 'proto', 'keepCase', 'longs', 'enums', 'maxDecompressedSize']

/**
 * Makes the protobuf envelope that the Python library calls `ProtobufBase`: base64 of a message with sender, metadata
 * and the bytes of your message, which are compressed above 60,000 bytes. It needs the package protobufjs.
 *
 * Data is a plain object with the fields of the message: 64-bit integers as number, bigint or decimal text, enums by
 * name or number, bytes as Uint8Array. Handlers get a plain object too: absent fields without presence have their
 * default, and other absent fields are left out. Data in the encoding `raw` arrives as bytes.
 *
 * `build` throws for fields that the message does not have and for values that a field cannot hold. `parse` throws for
 * a payload that is not base64 of an envelope, for an unknown encoding, and for data that is not of the message type.
 */
export function protobufBase(options: ProtobufBaseOptions): Format {
  checkNames('protobufBase', options, names)
  const { message, proto, keepCase, longs = 'bigint', enums = 'name', maxDecompressedSize } = options
  if (keepCase !== undefined && typeof keepCase !== 'boolean')
    invalidOption('protobufBase.keepCase', 'true or false', keepCase)
  requireOneOf('protobufBase.longs', ['bigint', 'number', 'string'], longs)
  requireOneOf('protobufBase.enums', ['name', 'number'], enums)
  const inflate = inflater('protobufBase.maxDecompressedSize', maxDecompressedSize)
  const type = typeOf({ message, ...(proto ? { proto } : {}), ...(keepCase ? { keepCase } : {}) })
  const envelope = envelopeType()

  function build(data: unknown, topic: string, { name, uuid }: Sender): string {
    const bytes = type.encode(messageOf(type, data)).finish()
    const compressed = bytes.length > compressAbove
    const metadata = {
      messageUuid: `${uuid}.${randomUUID()}`,
      protocolVersion,
      timestamp: Date.now() / 1_000,
      topic,
      dataEncoding: compressed ? 'gzip_proto' : 'proto',
    }
    const wire = { service: { name, uuid }, metadata, data: compressed ? deflateSync(bytes) : bytes }
    return Buffer.from(envelope.encode(envelope.fromObject(wire)).finish()).toString('base64')
  }

  function parse(payload: Payload): ParsedMessage {
    const wire = envelope.decode(fromBase64(textOf(payload), 'the payload')) as Message & Wire
    const { service, metadata, data } = envelope.toObject(wire, { defaults: true }) as Wire
    if (!metadata) throw new TypeError('the payload has no metadata')
    return {
      data: decoded(data, metadata.dataEncoding),
      metadata: { ...metadata, ...(service && { service }) },
    }
  }

  function decoded(data: Uint8Array, encoding: string): unknown {
    // A copy, since what protobufjs cuts out would keep the whole payload in memory.
    if (encoding === 'raw') return Uint8Array.from(data)
    return dataOf(type, type.decode(unpacked(data, encoding, inflate)), { longs, enums })
  }

  return { build, parse }
}

function unpacked(
  data: Uint8Array,
  encoding: string,
  inflate: (bytes: Uint8Array) => Uint8Array,
): Uint8Array {
  switch (encoding) {
    case 'proto':
      return data
    case 'gzip_proto':
      return inflate(data)
    case 'base64':
      return fromBase64(textOf(data), 'the data')
    case 'base64_gzip_proto':
      return inflate(fromBase64(textOf(data), 'the data'))
    default:
      throw new TypeError(`the data encoding ${JSON.stringify(encoding)} is unknown`)
  }
}

interface Wire {
  readonly service: Sender | null
  readonly metadata: (MessageMetadata & { readonly dataEncoding: string }) | null
  readonly data: Uint8Array
}

const envelopeProto = `
  syntax = "proto3";
  message Envelope {
    message Service { string name = 1; string uuid = 2; }
    message Metadata {
      string message_uuid = 1;
      string protocol_version = 2;
      double timestamp = 3;
      string topic = 4;
      string data_encoding = 5;
    }
    Service service = 1;
    Metadata metadata = 2;
    bytes data = 3;
  }`

let known: Type | undefined

function envelopeType(): Type {
  known ??= protobuf().parse(envelopeProto).root.lookupType('Envelope')
  return known
}
