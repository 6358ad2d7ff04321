import type { IncomingMessage } from 'node:http'
import { MIMEType } from 'node:util'

/** The content type of a request; of several fields, of which node knows only the first, all in one, which is none. */
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

/** A content type as the platform reads it (WHATWG MIME Sniffing); undefined for what is none, such as two of them. */
export function mediaType(contentType: string): MIMEType | undefined {
  try {
    return new MIMEType(contentType)
  } catch {
    return undefined
  }
}

/**
 * Whether a content type is that of JSON (WHATWG MIME Sniffing, 4.6). No page can send one of these to another origin
 * without asking first (a preflight of CORS).
 */
export function isJson(contentType: string): boolean {
  if (contentType === 'application/json') return true
  const { essence = '' } = mediaType(contentType) ?? {}
  return essence === 'application/json' || essence === 'text/json' || essence.endsWith('+json')
}
