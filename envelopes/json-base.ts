import { randomUUID } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import type { Format, MessageMetadata, ParsedMessage, Payload, Sender } from './format.ts'
import { checkNames } from './option.ts'
import { type Decompression, fromBase64, inflater, jsonIn } from './payload.ts'
import { pythonFloat, pythonJson } from './python-json.ts'

const protocolVersion = 'tomodachi-json-base--1.0.0'
/** The Python library compresses from this length of the data as JSON text, in characters. */
const compressFrom = 60_000

/** Options of `jsonBase()`. */
export type JsonBaseOptions = Decompression

/**
 * Makes the JSON envelope that the Python library calls `JsonBase`: sender, metadata and data as one JSON object,
 * written as Python writes it. Data of 60,000 characters or more travels as base64 of a zlib stream (RFC 1950); its
 * `data_encoding` is then `base64_gzip_json`.
 *
 * `parse` throws for text that is not JSON, for JSON that is not an envelope, and for a `data_encoding` that it does
 * not know.
 */
export function jsonBase(options: JsonBaseOptions = {}): Format {
  checkNames('jsonBase', options, ['maxDecompressedSize'])
  const { maxDecompressedSize } = options
  const inflate = inflater('jsonBase.maxDecompressedSize', maxDecompressedSize)

  function parse(payload: Payload): ParsedMessage {
    const wire: unknown = jsonIn(payload)
    if (!isRecord(wire)) throw new TypeError('the payload is not a JSON object')
    const { metadata, data = null, service } = wire
    if (!isRecord(metadata)) throw new TypeError('the payload has no metadata')
    return { data: decoded(data, metadata.data_encoding), metadata: metadataOf(metadata, service) }
  }

  function decoded(data: unknown, encoding: unknown): unknown {
    if (encoding === 'raw') return data
    if (encoding !== 'base64_gzip_json') {
      throw new TypeError(`the data encoding ${JSON.stringify(encoding)} is unknown`)
    }
    if (typeof data !== 'string') throw new TypeError('the compressed data is not text')
    return jsonIn(inflate(fromBase64(data, 'the compressed data')))
  }

  return { build, parse }
}

function build(data: unknown, topic: string, { name, uuid }: Sender): string {
  const text = pythonJson(data)
  const compressed = text.length >= compressFrom
  const service = `{"name": ${pythonJson(name)}, "uuid": ${pythonJson(uuid)}}`
  const identity = `"message_uuid": ${pythonJson(`${uuid}.${randomUUID()}`)}`
  const protocol = `"protocol_version": "${protocolVersion}", "compatible_protocol_versions": ["json_base-wip"]`
  const origin = `"timestamp": ${pythonFloat(Date.now() / 1_000)}, "topic": ${pythonJson(topic)}`
  const encoding = `"data_encoding": "${compressed ? 'base64_gzip_json' : 'raw'}"`
  const wireData = compressed ? `"${deflateSync(text).toString('base64')}"` : text
  return `{"service": ${service}, "metadata": {${identity}, ${protocol}, ${origin}, ${encoding}}, "data": ${wireData}}`
}

type Fields = Readonly<Record<string, unknown>>

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function metadataOf(metadata: Fields, service: unknown): MessageMetadata {
  const { message_uuid, timestamp, protocol_version, topic, data_encoding } = metadata
  return {
    messageUuid: textIn(message_uuid) ?? '',
    timestamp: typeof timestamp === 'number' ? timestamp : 0,
    protocolVersion: textIn(protocol_version) ?? '',
    dataEncoding: String(data_encoding),
    ...(typeof topic === 'string' ? { topic } : {}),
    ...(isRecord(service)
      ? { service: { name: textIn(service.name) ?? '', uuid: textIn(service.uuid) ?? '' } }
      : {}),
  }
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
