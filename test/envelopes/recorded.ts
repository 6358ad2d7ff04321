import { readFileSync } from 'node:fs'
import type { BuiltMessage, Format, ParsedMessage, Payload } from 'tomodachi/envelopes'

/** What the Python library wrote and read. */
export const recorded = JSON.parse(
  readFileSync(new URL('../fixtures/envelopes.json', import.meta.url), 'utf8'),
) as {
  readonly json: readonly {
    readonly data: unknown
    readonly wire: string
    readonly parsed_message: PythonMessage
    readonly message_uuid: string
    readonly timestamp: number
  }[]
  readonly json_large: { readonly wire: string; readonly wire_without_data: PythonMessage }
  readonly json_parse_edge: readonly {
    readonly payload: string
    readonly error?: string
    readonly result?: readonly [PythonMessage, string | null, number | null]
  }[]
  readonly protobuf: readonly (PythonMessage & {
    readonly proto: string
    readonly data: Readonly<Record<string, string>>
    readonly data_bytes_hex: string
    readonly wire_base64: string
  })[]
  readonly protobuf_large: { readonly wire_base64: string; readonly metadata: PythonMessage['metadata'] }
  readonly fixed: Readonly<Record<'service.name' | 'service.uuid' | 'uuid4', string>> & {
    readonly time: number
  }
  readonly sqs_send_message_body: { readonly body: string }
}

export interface PythonMessage {
  readonly service: { readonly name: string | null; readonly uuid: string | null }
  readonly metadata: {
    readonly message_uuid: string | null
    readonly protocol_version: string | null
    readonly timestamp: number | null
    readonly topic: string | null
    readonly data_encoding: string | null
  }
  readonly data?: unknown
}

/** The service that published everything that was recorded. */
export const sender = { name: recorded.fixed['service.name'], uuid: recorded.fixed['service.uuid'] }

export const messageUuid = `${sender.uuid}.${recorded.fixed.uuid4}`

/** What handlers are given for a message that Python read like this. */
export function parsedLike({ service, metadata, data }: PythonMessage): ParsedMessage {
  return {
    data,
    metadata: {
      messageUuid: metadata.message_uuid ?? '',
      timestamp: metadata.timestamp ?? 0,
      protocolVersion: metadata.protocol_version ?? '',
      dataEncoding: String(metadata.data_encoding),
      ...(metadata.topic === null ? {} : { topic: metadata.topic }),
      ...(service.name === null ? {} : { service: { name: service.name, uuid: service.uuid ?? '' } }),
    },
  }
}

/** The payload of a format that needs no headers. */
export function payloadOf(built: Payload | BuiltMessage): string {
  if (typeof built !== 'string') throw new TypeError('the format has built no text')
  return built
}

/** What comes back of data that went over the wire, as text or as the bytes that a broker makes of it. */
export function returned(format: Format, data: unknown, topic = 'topic.name'): readonly unknown[] {
  const built = format.build(data, topic, sender)
  const { payload, headers } =
    typeof built === 'string' || built instanceof Uint8Array ? { payload: built, headers: {} } : built
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
  return [payload, bytes].map((form) => format.parse(form, headers).data)
}
