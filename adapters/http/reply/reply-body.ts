import { Readable } from 'node:stream'
import { isAnyArrayBuffer } from 'node:util/types'
import { streamOf } from '../message/source-stream.ts'

/** A body that is sent piece by piece. */
export type StreamBody = ReadableStream | AsyncIterable<string | Uint8Array>

/** The contents of a reply or of its body. */
export interface Content {
  readonly body: string | Uint8Array | Readable | undefined
  /** The content type that comes with the value itself. */
  readonly contentType?: string | undefined
  /** Length of a stream in bytes, where it is known. */
  readonly length?: number | undefined
}

/** Thrown for a value that cannot be sent. Its message completes an error's sentence. */
export class Unsendable extends Error {}

/**
 * The contents of values that are sent as they are: text, bytes, streams, and a Blob, a form or search parameters,
 * which are sent as `new Response(body)` sends them. Undefined for any other object. Throws `Unsendable` for a stream
 * that has been read.
 */
export function contentOf(body: object | string | null | undefined): Content | undefined {
  if (typeof body === 'string' || body instanceof Uint8Array) return { body }
  if (body === undefined || body === null) return { body: undefined }
  if ((Array.isArray(body) || isPlain(body)) && !(Symbol.asyncIterator in body)) return undefined
  if (ArrayBuffer.isView(body)) return { body: new Uint8Array(body.buffer, body.byteOffset, body.byteLength) }
  if (isAnyArrayBuffer(body)) return { body: new Uint8Array(body) }
  if (body instanceof Blob)
    return { body: readableOf(body.stream()), contentType: body.type || undefined, length: body.size }
  if (body instanceof URLSearchParams)
    return { body: String(body), contentType: 'application/x-www-form-urlencoded;charset=UTF-8' }
  if (body instanceof FormData) {
    const form = new Response(body)
    const contentType = form.headers.get('content-type') ?? undefined
    return { body: formOf(form), contentType }
  }
  if (body instanceof ReadableStream || Symbol.asyncIterator in body)
    return { body: readableOf(body as StreamBody) }
  return undefined
}

/**
 * The body of a Response that was made of a form. It is read to its end even when the client leaves: undici has all of it in
 * memory anyway, and cancelling its stream causes a rejection that nobody can handle.
 */
export function formOf(response: Response): Readable {
  return readableOf(
    (async function* () {
      yield new Uint8Array(await response.arrayBuffer())
    })(),
  )
}

/** Whether an object is a plain object, made in this realm or in another. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}

/** The name of what kind of object it is, such as `Map`. */
export function kindOf(value: object): string {
  const tag = Object.prototype.toString.call(value).slice(8, -1)
  return tag === 'Object' ? (value.constructor?.name ?? tag) : tag
}

/** The same in a sentence. */
export function aKindOf(value: object): string {
  const kind = kindOf(value)
  return `${/^[AEIO]/i.test(kind) ? 'an' : 'a'} ${kind}`
}

/** Objects that JSON would show as empty, and objects that should be awaited, thrown or formatted. */
const withoutJson: ReadonlySet<string> = new Set([
  ...['Boolean', 'Date', 'Error', 'Map', 'Number', 'Promise', 'Set', 'String', 'Symbol'],
])

/** The object as JSON. Throws `Unsendable`, and what JSON throws. */
export function jsonOf(value: object): string {
  if (!Array.isArray(value) && !isPlain(value)) checkShown(value)
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) throw new Unsendable(`its body is ${aKindOf(value)} that JSON leaves out`)
  return text
}

function checkShown(value: object): void {
  const kind = kindOf(value)
  if (kind === 'Promise') throw new Unsendable('its body is a Promise: await it')
  const isShown = 'toJSON' in value || (Object.keys(value).length > 0 && !(Symbol.iterator in value))
  if (!isShown || withoutJson.has(kind) || value instanceof Error)
    throw new Unsendable(
      `its body is ${aKindOf(value)}, which is empty as JSON: send a plain object, a list, text or bytes`,
    )
}

/** The stream as one of node. Throws `Unsendable` for one that has been read, and its error for one that has failed. */
export function readableOf(stream: StreamBody): Readable {
  // The sender of the stream gets its failure. If nobody sends it, as for HEAD, the failure must not end the process.
  if (stream instanceof Readable) stream.on('error', () => {})
  if (isTaken(stream)) throw new Unsendable('it is a stream that has been read already, or is being read')
  return stream instanceof Readable ? stream : streamOf(stream).on('error', () => {})
}

function isTaken(stream: StreamBody): boolean {
  if (stream instanceof ReadableStream)
    return stream.locked || Readable.isDisturbed(stream as unknown as Readable)
  if (!(stream instanceof Readable)) return false
  if (stream.errored) throw stream.errored
  return !stream.readable
}
