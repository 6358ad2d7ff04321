import fc from 'fast-check'

/** What is sent on one connection. */
export interface Input {
  /** Written one after the other. */
  readonly pieces: readonly Uint8Array[]
  /** Milliseconds between two of them. */
  readonly gap: number
  /** Whether the client waits for an answer to the first piece: that to the handshake of a websocket. */
  readonly isWebsocket: boolean
  /** What the client does in the end, if the server has not closed. */
  readonly end: 'close' | 'reset'
}

/** Whoever makes inputs of one class. */
export type Inputs = fc.Arbitrary<Input>

/** How an input comes over the wire. */
const delivery = {
  gap: fc.integer({ min: 0, max: 3 }),
  end: fc.constantFrom('close', 'close', 'reset'),
} as const

/** Frames, each a piece of its own or all in one, behind a handshake. */
export function websocketInput(handshake: Uint8Array, frames: fc.Arbitrary<readonly Uint8Array[]>): Inputs {
  return fc
    .record({ ...delivery, frames, isOnePiece: fc.boolean() })
    .map(({ frames: sent, isOnePiece, ...rest }) => ({
      ...rest,
      isWebsocket: true,
      pieces: [handshake, ...(isOnePiece ? [Buffer.concat(sent)] : sent)],
    }))
}

/** Requests, cut anywhere. */
export function httpInput(request: fc.Arbitrary<Uint8Array>): Inputs {
  const cuts = fc.oneof(
    { weight: 3, arbitrary: fc.constant<number[]>([]) },
    fc.array(fraction, { maxLength: 3 }),
  )
  return fc.record({ ...delivery, request, cuts }).map(({ request: bytes, cuts: at, ...rest }) => {
    const places = [0, ...at.map((share) => placeIn(bytes, share)).sort((a, b) => a - b), bytes.length]
    const pieces = places.slice(1).map((place, index) => bytes.subarray(places[index], place))
    return { ...rest, isWebsocket: false, pieces }
  })
}

const fraction = fc.double({ min: 0, max: 1, noNaN: true })
const placeIn = (bytes: Uint8Array, share: number) => Math.floor(share * bytes.length)

const change = fc.record({
  kind: fc.constantFrom('set', 'insert', 'delete', 'repeat', 'truncate'),
  at: fraction,
  length: fc.integer({ min: 1, max: 40 }),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
    fc
      .constantFrom('\r\n', '\0', '%', '"', ';', '\r\n\r\n', '--', '{', '\u{1f4a9}')
      .map((text) => Buffer.from(text)),
  ),
})

type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never

/** Valid bytes as they are, or with a few changes. */
export function mutated(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(valid, fc.array(change, { maxLength: 4 }))
    .map(([bytes, changes]) => changes.reduce(apply, bytes))
}

function apply(bytes: Uint8Array, { kind, at, length, bytes: other }: Change): Uint8Array {
  const place = placeIn(bytes, at)
  const before = bytes.subarray(0, place)
  const behind = bytes.subarray(place + length)
  switch (kind) {
    case 'set':
      return Buffer.concat([before, other, bytes.subarray(place + other.length)])
    case 'insert':
      return Buffer.concat([before, other, bytes.subarray(place)])
    case 'delete':
      return Buffer.concat([before, behind])
    case 'repeat':
      return Buffer.concat([before, bytes.subarray(place, place + length), bytes.subarray(place)])
    default:
      return before
  }
}
