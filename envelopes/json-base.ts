import { randomUUID } from 'node:crypto'
import { deflateSync, inflateSync } from 'node:zlib'
import type { Format, ParsedMessage, Sender } from './format.ts'

const protocolVersion = 'tomodachi-json-base--1.0.0'
/** The Python library compresses from this length of the data as JSON text, in characters. */
const compressFrom = 60_000
/** Bound on inflated data, in bytes: a small message must not be able to fill the memory. */
const largestData = 100 * 1024 * 1024

interface Wire {
  readonly metadata?: {
    message_uuid?: string
    timestamp?: number
    protocol_version?: string
    data_encoding?: string
  }
  readonly data?: unknown
}

/**
 * The JSON envelope that the Python library calls `JsonBase`: sender, metadata and data as one JSON object. Data of
 * 60,000 characters and more travels as base64 of a zlib stream (RFC 1950), for which the wire's own word is
 * `base64_gzip_json`.
 *
 * `parse` throws a SyntaxError for text that is not JSON and a TypeError for JSON that is no envelope, or whose
 * `data_encoding` it does not know.
 */
export function jsonBase(): Format {
  return { build, parse }
}

function build(data: unknown, topic: string, sender: Sender): string {
  const text = JSON.stringify(data ?? null)
  const compressed = text.length >= compressFrom
  const metadata = {
    message_uuid: `${sender.uuid}.${randomUUID()}`,
    protocol_version: protocolVersion,
    compatible_protocol_versions: ['json_base-wip'],
    timestamp: Date.now() / 1000,
    topic,
    data_encoding: compressed ? 'base64_gzip_json' : 'raw',
  }
  const wireData = compressed ? JSON.stringify(deflateSync(text).toString('base64')) : text
  return `{"service":${JSON.stringify({ name: sender.name, uuid: sender.uuid })},"metadata":${JSON.stringify(metadata)},"data":${wireData}}`
}

function parse(payload: string | Uint8Array): ParsedMessage {
  const wire: unknown = JSON.parse(typeof payload === 'string' ? payload : new TextDecoder().decode(payload))
  if (typeof wire !== 'object' || wire === null || Array.isArray(wire))
    throw new TypeError('the payload is not a JSON object')
  const { metadata, data } = wire as Wire
  if (typeof metadata !== 'object' || metadata === null) throw new TypeError('the payload has no metadata')
  return {
    data: decode(data, metadata.data_encoding),
    metadata: {
      messageUuid: metadata.message_uuid ?? '',
      timestamp: metadata.timestamp ?? 0,
      protocolVersion: metadata.protocol_version ?? '',
    },
  }
}

function decode(data: unknown, encoding: string | undefined): unknown {
  if (encoding === 'raw') return data
  if (encoding !== 'base64_gzip_json' || typeof data !== 'string') {
    throw new TypeError(`the data encoding ${JSON.stringify(encoding)} is unknown`)
  }
  return JSON.parse(
    inflateSync(Buffer.from(data, 'base64'), { maxOutputLength: largestData }).toString('utf8'),
  )
}
