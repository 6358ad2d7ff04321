import type { WireHeaders } from './format.ts'

/** What the headers of attributes begin with, by the protocol bindings. */
export const cloudEventPrefixes = ['cloudEvents_', 'cloudEvents:', 'ce-', 'ce_'] as const

export type CloudEventPrefix = (typeof cloudEventPrefixes)[number]

const attributeHeader = /^(?:cloudevents[_:]|ce[-_])(.+)$/i

/** Whether the attributes of an event are in the headers. */
export function isBinary(headers: WireHeaders): boolean {
  return Object.keys(headers).some(
    (header) => attributeHeader.exec(header)?.[1]?.toLowerCase() === 'specversion',
  )
}

/** Whether the message says that its payload is a whole event, or a batch of them. */
export function isStructured(headers: WireHeaders): boolean {
  return /^application\/cloudevents\b/i.test(contentTypeIn(headers) ?? '')
}

/** The headers of an event in binary mode. The content type of its data is that of the message. */
export function toHeaders(attributes: WireHeaders, prefix: CloudEventPrefix): WireHeaders {
  const headers = Object.entries(attributes).map(([name, value]) => [
    name === 'datacontenttype' ? 'content-type' : `${prefix}${name}`,
    String(value),
  ])
  return Object.fromEntries(headers)
}

/** The attributes that are in the headers, whatever they begin with. */
export function fromHeaders(headers: WireHeaders): WireHeaders {
  const attributes: [string, unknown][] = []
  for (const [header, value] of Object.entries(headers)) {
    const name = attributeHeader.exec(header)?.[1]?.toLowerCase()
    if (name !== undefined) attributes.push([name, value])
  }
  const datacontenttype = contentTypeIn(headers)
  return { ...Object.fromEntries(attributes), ...(datacontenttype === undefined ? {} : { datacontenttype }) }
}

/** The content type of a message, where it says one. */
export function contentTypeIn(headers: WireHeaders): string | undefined {
  const header = Object.keys(headers).find((name) => name.toLowerCase() === 'content-type')
  const value = header === undefined ? undefined : headers[header]
  return typeof value === 'string' && value !== '' ? value : undefined
}
