import type { Payload, WireHeaders } from './format.ts'
import { bytesOf, fromBase64, jsonIn, textOf } from './payload.ts'

/** The content type of a message, where it says one. */
export function contentTypeIn(headers: WireHeaders): string | undefined {
  const header = Object.keys(headers).find((name) => name.toLowerCase() === 'content-type')
  const value = header === undefined ? undefined : headers[header]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The content type of data that is given none; undefined where there is no data. */
export function contentTypeOf(data: unknown): string | undefined {
  if (data === undefined) return undefined
  return data instanceof Uint8Array ? 'application/octet-stream' : 'application/json'
}

/** Data as the payload of an event in binary mode. */
export function bodyOf(data: unknown, contentType: string | undefined): Payload {
  if (data === undefined) return ''
  if (data instanceof Uint8Array) return data
  return isJson(contentType) ? jsonOf(data) : stringOf(data, contentType)
}

/** Data as a member of an event in JSON (CloudEvents JSON format, 3.1). */
export function toJson(data: unknown, contentType: string | undefined): object {
  if (data === undefined) return {}
  if (data instanceof Uint8Array) return { data_base64: Buffer.from(data).toString('base64') }
  return { data: contentType === undefined || isJson(contentType) ? data : stringOf(data, contentType) }
}

/** What a payload in binary mode says. */
export function contentOf(payload: Payload, contentType: string | undefined): unknown {
  if (isJson(contentType)) return payload.length === 0 ? null : jsonIn(payload)
  if (contentType !== undefined && /^text\/|[/+]xml\s*(;|$)/i.test(contentType)) return textOf(payload)
  return contentType === undefined && payload.length === 0 ? null : bytesOf(payload)
}

/** Reads an event that is one JSON document. Throws a TypeError for what is none. */
export function fromJson(payload: Payload, headers: WireHeaders): { data: unknown; attributes: WireHeaders } {
  const contentType = contentTypeIn(headers)
  if (contentType !== undefined && !/^application\/(cloudevents\+json|json)\s*(;|$)/i.test(contentType)) {
    throw new TypeError(
      `a message of the type ${contentType} without attributes in headers is not a single CloudEvent`,
    )
  }
  const event: unknown = jsonIn(payload)
  if (typeof event !== 'object' || event === null || Array.isArray(event))
    throw new TypeError('the payload is not a CloudEvent')
  const { data = null, data_base64: base64, ...attributes } = event as Record<string, unknown>
  if (base64 === undefined || base64 === null) return { data, attributes }
  if (data !== null || typeof base64 !== 'string')
    throw new TypeError('data_base64 must be text, and data must then be absent')
  const { datacontenttype } = attributes
  const bytes = fromBase64(base64, 'data_base64')
  return {
    data: contentOf(
      bytes,
      typeof datacontenttype === 'string' ? datacontenttype : 'application/octet-stream',
    ),
    attributes,
  }
}

function isJson(contentType: string | undefined): boolean {
  return contentType !== undefined && /^[^;]*[/+]json\s*(;|$)/i.test(contentType)
}

function jsonOf(data: unknown): string {
  const text: string | undefined = JSON.stringify(data)
  if (text === undefined) throw new TypeError(`${typeof data} cannot be put into JSON`)
  return text
}

function stringOf(data: unknown, contentType: string | undefined): string {
  if (typeof data === 'string') return data
  throw new TypeError(`data of the type ${contentType} must be a string or a Uint8Array`)
}
