import { constants, deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { type Inputs, mutated, websocketInput } from './input.ts'

const handshake = (path: string, field: string) =>
  Buffer.from(
    `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${field}\r\n`,
  )

/** A frame (RFC 6455, 5.2); masked with zeros. */
function frame(first: number, payload: Uint8Array, isMasked = true): Buffer {
  const { length } = payload
  const mask = isMasked ? 0x80 : 0
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  head[0] = first
  head[1] = mask | (length < 126 ? length : length < 65_536 ? 126 : 127)
  if (head.length === 4) head.writeUInt16BE(length, 2)
  else if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, Buffer.alloc(isMasked ? 4 : 0), payload])
}

/** As a client compresses (RFC 7692, 7.2.1). */
const deflated = (bytes: Uint8Array) =>
  deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)

/** Made once: it inflates to more than comes out of zlib in one turn, so that what is behind it has to wait. */
const long = frame(0xc1, deflated(Buffer.alloc(3_000_000, 'x')))
/** It inflates to more than is taken. */
const bomb = frame(0xc1, deflated(Buffer.alloc(9_000_000, 'x')))

const opcode = fc.constantFrom(0x81, 0x82, 0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8a, 0x88)
const payload = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 130 }),
  fc.constant(Buffer.alloc(70_000, 'y')),
)
const valid = fc.tuple(opcode, payload).map(([first, bytes]) => frame(first, bytes))
const anything = fc
  .tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 130 }), fc.boolean())
  .map(([first, bytes, isMasked]) => frame(first, bytes, isMasked))
const broken = fc.constantFrom(
  frame(0x81, Uint8Array.of(0xff, 0xfe)),
  frame(0x88, Uint8Array.of(3, 0xe8, 0xff)),
  frame(0x88, Uint8Array.of(3, 0xed)),
  Buffer.from([0xa1, 0x80]),
  Buffer.from([0x81, 0]),
  Buffer.concat([Buffer.from([0x82]), Buffer.alloc(9, 0xff)]),
)
const compressed = fc.oneof(
  payload.map((bytes) => frame(0xc1, deflated(bytes))),
  payload.map((bytes) => frame(0x42, deflated(bytes))),
  payload.map((bytes) => frame(0xc2, bytes)),
  fc.constantFrom(long, bomb),
)

const plain = fc.oneof(mutated(valid), valid, anything, broken, fc.uint8Array({ maxLength: 64 }))
const some = (frames: fc.Arbitrary<Uint8Array>) => fc.array(frames, { minLength: 1, maxLength: 6 })

/** Frames of a connection without compression. */
export const plainFrames: Inputs = websocketInput(handshake('/plain', ''), some(plain))

/** The same with compression and compressed ones among them, half of the time behind one that takes long. */
export const compressedFrames: Inputs = websocketInput(
  handshake('/chat', 'Sec-WebSocket-Extensions: permessage-deflate\r\n'),
  fc
    .tuple(fc.constantFrom([long], []), some(fc.oneof(plain, broken, compressed, mutated(compressed))))
    .map(([first, behind]) => [...first, ...behind]),
)
