import { reasonOf, TomodachiError } from '../../kernel/index.ts'

/** Parts or fields of one form. Small parts cost far more than their bytes; forms of people have few. */
const maxParts = 1_000

/**
 * Throws `CONTENT_TYPE_UNSUPPORTED` unless the content type is that of a form: `multipart/form-data` (RFC 7578) or
 * `application/x-www-form-urlencoded`.
 */
export function checkForm(contentType = 'none'): void {
  if (/^\s*(multipart\/form-data|application\/x-www-form-urlencoded)\s*(;|$)/i.test(contentType)) return
  throw new TomodachiError('CONTENT_TYPE_UNSUPPORTED', {
    contentType,
    expected: 'a form, as multipart/form-data or application/x-www-form-urlencoded',
  })
}

/** The fields and files of a form, by the parser of the platform (undici). Rejects with `PAYLOAD_UNPARSABLE`. */
export async function parseForm(bytes: Buffer, contentType: string): Promise<FormData> {
  if (partsOf(bytes, contentType) > maxParts) throw unparsable(`it has more than ${maxParts} parts`)
  try {
    return await new Response(bytes, { headers: { 'content-type': contentType } }).formData()
  } catch (error) {
    throw unparsable(reasonOf((error as Error).cause ?? error), error)
  }
}

/** How many there may be; counting stops over the limit. */
function partsOf(bytes: Buffer, contentType: string): number {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]*)"|([^;\s]*))/i.exec(contentType) ?? []
  const separator = /^\s*multipart/i.test(contentType) ? `--${quoted ?? plain ?? ''}\r\n` : '&'
  let parts = separator === '&' ? 1 : 0
  for (let at = bytes.indexOf(separator); at >= 0 && parts <= maxParts; parts++)
    at = bytes.indexOf(separator, at + separator.length)
  return parts
}

function unparsable(reason: string, cause?: unknown): TomodachiError {
  return new TomodachiError('PAYLOAD_UNPARSABLE', { subject: 'the form', reason }, { cause })
}
