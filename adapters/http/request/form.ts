import { reasonOf } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'
import { mediaType } from '../message/media-type.ts'
import { parseMultipart } from './multipart.ts'

/** Most parts or fields of one form. Small parts cost far more than their bytes, and forms that people fill in have few. */
const maxParts = 1_000

/** How to read the body of a form. */
export type FormParser = (bytes: Buffer) => FormData

/**
 * The parser for a content type: `multipart/form-data` (RFC 7578) or `application/x-www-form-urlencoded`. Throws
 * `CONTENT_TYPE_UNSUPPORTED` for any other. The parser throws `PAYLOAD_UNPARSABLE`.
 */
export function formParser(contentType = 'none'): FormParser {
  const type = mediaType(contentType)
  if (type?.essence === 'application/x-www-form-urlencoded') return attempt(parseFields)
  // A gateway may have added the space at the end of a boundary (RFC 2046, 5.1.1).
  const boundary = type?.params.get('boundary')?.trim() ?? ''
  if (type?.essence === 'multipart/form-data')
    return attempt((bytes) => parseMultipart(bytes, boundary, maxParts))
  throw new TomodachiError('CONTENT_TYPE_UNSUPPORTED', {
    contentType,
    expected: 'a form, as multipart/form-data or application/x-www-form-urlencoded',
  })
}

function attempt(parse: FormParser): FormParser {
  return (bytes) => {
    try {
      return parse(bytes)
    } catch (error) {
      throw new TomodachiError(
        'PAYLOAD_UNPARSABLE',
        { subject: 'the form', reason: reasonOf(error) },
        { cause: error },
      )
    }
  }
}

function parseFields(bytes: Buffer): FormData {
  let fields = 1
  for (let at = bytes.indexOf('&'); at >= 0; at = bytes.indexOf('&', at + 1))
    if (++fields > maxParts) throw new Error(`it has more than ${maxParts} fields`)
  const form = new FormData()
  // URLSearchParams would drop a question mark at the beginning.
  for (const [name, value] of new URLSearchParams(`&${bytes.toString('utf8')}`)) form.append(name, value)
  return form
}
