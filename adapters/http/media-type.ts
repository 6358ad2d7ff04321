import { MIMEType } from 'node:util'

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
