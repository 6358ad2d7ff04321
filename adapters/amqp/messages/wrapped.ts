import type { Properties } from '../connection/rascal.ts'

/** The header of a dead letter whose payload contains its headers, because they are too large to be sent. */
export const wrappedHeader = 'x-tomodachi-wrapped'

interface Wrapped {
  readonly headers?: Properties['headers'] | undefined
  readonly payload: Buffer
}

/** Puts headers and payload into one payload. */
export function wrap({ headers, payload }: Wrapped): Buffer {
  return Buffer.from(JSON.stringify({ headers, payload: payload.toString('base64') }))
}

/** Takes apart what `wrap` returned; undefined for anything else. */
export function unwrap(content: Buffer): Wrapped | undefined {
  try {
    const { headers, payload } = JSON.parse(String(content))
    return { headers, payload: Buffer.from(payload, 'base64') }
  } catch {
    return undefined
  }
}
