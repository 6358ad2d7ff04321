import { TomodachiError } from '../../../kernel/index.ts'
import { mediaType } from '../message/media-type.ts'

/** What begins a text that says itself in what it is written (Encoding standard, 6). */
const marks: readonly (readonly [encoding: string, mark: readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16be', [0xfe, 0xff]],
  ['utf-16le', [0xff, 0xfe]],
]

/**
 * The text of an answer: in the encoding of its byte order mark, which is left out, else of its charset, else in UTF-8. Throws
 * `RESPONSE_UNPARSABLE` for a charset that nobody knows.
 */
export function textOf(call: string, bytes: Buffer, contentType: string | undefined): string {
  const [marked] = marks.find(([, mark]) => mark.every((byte, index) => bytes[index] === byte)) ?? []
  const named = mediaType(contentType ?? '')?.params.get('charset') ?? ''
  // Some put it between marks that are no quotes of HTTP.
  const charset = named.replaceAll("'", '') || 'utf-8'
  try {
    return new TextDecoder(marked ?? charset).decode(bytes)
  } catch {
    throw new TomodachiError('RESPONSE_UNPARSABLE', { call, reason: `there is no charset "${charset}"` })
  }
}
