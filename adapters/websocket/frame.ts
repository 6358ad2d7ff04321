import { types } from 'node:util'
import { TomodachiError } from '../../kernel/index.ts'

/** A message: a string for text, bytes for binary. */
export type Message = string | Uint8Array

/**
 * Checks that a message is text or bytes. An object that only claims a length, such as `{ byteLength: 5 }` from a client's JSON,
 * would send that many bytes of our memory. Throws `OPTION_INVALID`, without the value.
 */
export function checkMessage(message: unknown): asserts message is Message {
  if (typeof message === 'string' || types.isUint8Array(message)) return
  const expected = 'a string, such as JSON.stringify(value), or a Uint8Array'
  const actual = message === null ? null : typeof message
  throw new TomodachiError('OPTION_INVALID', { option: 'socket.send(message)', expected, actual })
}

// The last frame of a message, which is the only one here, and its opcode (RFC 6455, 5.2).
const textFrame = 0x81
const binaryFrame = 0x82

/** A message as a single frame, unmasked, as servers send it. */
export function frameOf(message: Message): Buffer {
  if (typeof message === 'string') {
    const length = Buffer.byteLength(message)
    const head = headLength(length)
    const frame = Buffer.allocUnsafe(head + length)
    writeHead(frame, textFrame, head, length)
    frame.write(message, head)
    return frame
  }
  const length = message.byteLength
  const head = headLength(length)
  const frame = Buffer.allocUnsafe(head + length)
  writeHead(frame, binaryFrame, head, length)
  frame.set(message, head)
  return frame
}

function headLength(length: number): number {
  if (length < 126) return 2
  return length < 65_536 ? 4 : 10
}

function writeHead(frame: Buffer, first: number, head: number, length: number): void {
  frame[0] = first
  if (head === 2) frame[1] = length
  else if (head === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeUInt16BE(0, 2)
    frame.writeUIntBE(length, 4, 6)
  }
}
