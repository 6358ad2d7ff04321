import { isA } from '../../../kernel/adapter-kit.ts'
import type { Carried } from './gathered-writes.ts'

/** The header in which headers arrive that cannot be read: all of them, as they stand on the wire, in base64. */
export const unreadHeader = 'x-tomodachi-unread-headers'

/** Headers with more levels are not read: amqplib reads and writes them by recursion, and so do we. */
const mostLevels = 500
/** The least bytes of a level: a list in a list. */
const levelBytes = 5
/** The type of a frame with the properties of a message (AMQP 0-9-1, 4.2.3). */
const contentHeader = 2
/** Bytes of a frame in front of its payload, and behind it. */
const head = 7
const tail = 1
/** Where the flags of the properties stand in a frame (AMQP 0-9-1, 4.2.6.1), and the first three of them. */
const flagsAt = head + 12
const hasContentType = 0x8000
const hasContentEncoding = 0x4000
const hasHeaders = 0x2000

interface Frame {
  readonly fields?: { readonly headers?: object }
}

/** What reads the frames of a connection; the types of amqplib do not mention it. */
interface FrameReader {
  /** Bytes that are not read yet. A frame that cannot be read is taken from them all the same. */
  rest: Buffer
  recvFrame?(): Frame | false
}

const reasons = new WeakMap<object, string>()

/** Why the headers of a message could not be read; undefined if they could. */
export function whyUnread(headers: object | undefined): string | undefined {
  return headers && reasons.get(headers)
}

/**
 * Lets messages arrive whose headers amqplib cannot read, because they are nested too deeply or have a type that it does
 * not know. Otherwise it would end the connection, and the broker would hand the message out again, for ever.
 */
export function readAnyHeaders(carried: Carried): void {
  const connection = carried.connection as unknown as FrameReader
  const { recvFrame } = connection
  if (typeof recvFrame !== 'function') return
  connection.recvFrame = () => {
    const bytes = connection.rest
    let frame: Frame | false
    try {
      frame = recvFrame.call(connection)
      const isLong = bytes.length - connection.rest.length > mostLevels * levelBytes
      if (!isLong || !frame || !isDeep(frame.fields?.headers)) return frame
      throw new RangeError()
    } catch (error) {
      const substitute = withoutHeaders(bytes, bytes.length - connection.rest.length)
      if (!substitute) throw error
      connection.rest = Buffer.concat([substitute, connection.rest])
      frame = recvFrame.call(connection)
      const headers = frame ? frame.fields?.headers : undefined
      const reason = isA(error, RangeError) ? 'they are nested too deeply' : (error as Error).message
      if (headers) reasons.set(headers, reason)
      return frame
    }
  }
}

function isDeep(headers: unknown): boolean {
  let level = [headers]
  for (let levels = 0; level.length > 0; levels++) {
    if (levels > mostLevels) return true
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) ? Object.values(value) : [],
    )
  }
  return false
}

/** The frame of so many bytes with its headers in a single one; undefined if it is not one that has headers. */
function withoutHeaders(bytes: Buffer, length: number): Buffer | undefined {
  if (length <= flagsAt || bytes[0] !== contentHeader || length !== head + bytes.readUInt32BE(3) + tail)
    return undefined
  const present = bytes.readUInt16BE(flagsAt)
  let at = flagsAt + 2
  for (const flag of [hasContentType, hasContentEncoding]) if (present & flag) at += 1 + bytes.readUInt8(at)
  if (!(present & hasHeaders)) return undefined
  const table = bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at))
  const text = table.toString('base64')
  const header = Buffer.concat([
    Buffer.from([unreadHeader.length]),
    Buffer.from(`${unreadHeader}S`),
    sized(text),
  ])
  const payload = [
    bytes.subarray(head, at),
    sized(header),
    bytes.subarray(at + 4 + table.length, length - tail),
  ]
  return Buffer.concat([
    bytes.subarray(0, 3),
    sized(Buffer.concat(payload)),
    bytes.subarray(length - tail, length),
  ])
}

/** Behind their length, in four bytes. */
function sized(bytes: string | Uint8Array): Buffer {
  const content = Buffer.from(bytes as string)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  return Buffer.concat([length, content])
}
