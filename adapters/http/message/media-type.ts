import type { IncomingMessage } from 'node:http'
import { MIMEType } from 'node:util'

/** The content type of a request. Several fields are joined into one that is invalid; node would show only the first. */
export function contentTypeOf({ headers, rawHeaders }: IncomingMessage): string | undefined {
  if (headers['content-type'] === undefined) return undefined
  let all: string | undefined
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    if (name.length === 12 && name.toLowerCase() === 'content-type')
      all = all === undefined ? rawHeaders[at + 1] : `${all}, ${rawHeaders[at + 1]}`
  }
  return all
}

/** A content type as browsers read it (WHATWG MIME Sniffing); undefined for an invalid one, such as two joined. */
export function mediaType(contentType: string): MIMEType | undefined {
  try {
    return new MIMEType(contentType)
  } catch {
    return undefined
  }
}

/**
 * Whether a content type is that of JSON (WHATWG MIME Sniffing, 4.6). A page cannot send one of these to another origin
 * without a CORS preflight.
 */
export function isJson(contentType: string): boolean {
  if (contentType === 'application/json') return true
  const { essence = '' } = mediaType(contentType) ?? {}
  return essence === 'application/json' || essence === 'text/json' || essence.endsWith('+json')
}
