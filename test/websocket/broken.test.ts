// coverage: none
import { randomBytes } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { connect } from 'node:tls'
import { constants, deflateRawSync } from 'node:zlib'
import { Service } from 'tomodachi'
import { type HttpOptions, http } from 'tomodachi/http'
import { websocket } from 'tomodachi/websocket'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RawClient } from '../http/raw-client.ts'
import { requestText } from '../http/raw-client.ts'
import { accessLines, logged, serve, stopAll, until } from '../http/serving.ts'
import { Client, clientFrame, dropClients, framesOf, handshakeFields, openRaw } from './client.ts'

/** The sockets of the server: what it has read of each is known. */
const accepted: Socket[] = []
const note = (message: unknown) => void accepted.push((message as { readonly socket: Socket }).socket)

const broken = suite('websocket with broken frames')
broken.before(() => subscribe('net.server.socket', note))
broken.after(() => void unsubscribe('net.server.socket', note))
broken.after.each(async () => {
  dropClients()
  await stopAll()
  accepted.length = 0
})

/** What is sent compressed (RFC 7692, 7.2.1). */
const deflated = (text: string | Uint8Array) =>
  deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)

/** A frame that takes the server many turns of its loop: zlib hands it over in pieces of 16 KB. */
const slowFrame = clientFrame(0xc1, deflated('x'.repeat(1_500_000)))

const close = (code: number, reason: string | Uint8Array = '') =>
  Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason as string)])

/** Frames that break the protocol, and the code that they close with. */
const badFrames = [
  ['text that is no UTF-8', clientFrame(0x81, Buffer.from([0xff, 0xfe])), 1007],
  ['what zlib cannot read', clientFrame(0xc1, 'not compressed'), 1007],
  ['a reserved bit', clientFrame(0xa1, 'x'), 1002],
  // What comes behind these two could be read as frames.
  ['nothing but a reserved bit', Buffer.from([0xa1, 0x80]), 1002],
  ['an empty frame that is not masked', Buffer.from([0x81, 0]), 1002],
  ['an unknown opcode', clientFrame(0x83, 'x'), 1002],
  ['an unknown control frame', clientFrame(0x8b, 'x'), 1002],
  ['a continuation of nothing', clientFrame(0x80, 'x'), 1002],
  ['a compressed continuation', clientFrame(0xc0, 'x'), 1002],
  ['a compressed ping', clientFrame(0xc9, 'x'), 1002],
  ['a ping in fragments', clientFrame(0x09, 'x'), 1002],
  ['a long ping', clientFrame(0x89, 'x'.repeat(126)), 1002],
  ['a frame that is not masked', Buffer.from([0x81, 2, 0x78, 0x78]), 1002],
  ['half a close code', clientFrame(0x88, 'x'), 1002],
  ['a close code that nobody may send', clientFrame(0x88, close(1005)), 1002],
  ['a close reason that is no UTF-8', clientFrame(0x88, close(1000, Uint8Array.of(0xff))), 1007],
  ['a frame longer than any number', Buffer.concat([Buffer.from([0x82]), Buffer.alloc(9, 0xff)]), 1009],
  ['a message that is too long', Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0x50, 0, 0, 0, 0, 0, 0]), 1009],
  ['a bomb', clientFrame(0xc1, deflated('x'.repeat(5_000_000))), 1009],
] as const

/** What comes behind a frame that breaks the protocol. */
const behind = [
  randomBytes(64),
  clientFrame(0x81, 'late'),
  clientFrame(0xc1, deflated('late')),
  slowFrame,
  clientFrame(0x81, Buffer.from([0xff, 0xfe])),
  clientFrame(0x88, close(1000)),
]

/** An echo that tells what it got. */
async function serving({ compression = true, ...options }: HttpOptions & { compression?: boolean } = {}) {
  const records = logged()
  const api = http({ port: 0, host: '127.0.0.1', ...options })
  const ws = websocket(api, { compression })
  const got: (string | number)[] = []
  await serve(
    new Service().on(ws.path('/'), ({ socket }) => ({
      message(data) {
        got.push(data.length)
        return socket.send(String(data.length))
      },
      close: ({ code }) => got.push(`closed ${code}`),
    })),
  )
  const ended = () =>
    accessLines(records)
      .filter((line) => line.websocket_state !== 'open')
      .map((line) => line.websocket_state)
  return { api, got, ended }
}

const deflate = { 'Sec-WebSocket-Extensions': 'permessage-deflate' }

/** Sends each piece when the server has read those before. */
async function sendPieces(client: RawClient, server: Socket | undefined, pieces: readonly Uint8Array[]) {
  client.socket.setNoDelay(true)
  for (const piece of pieces) {
    const expected = (server?.bytesRead ?? 0) + piece.length
    client.send(piece)
    while (!server?.destroyed && (server?.bytesRead ?? expected) < expected) await new Promise(setImmediate)
  }
}

for (const [what, frame, code] of badFrames) {
  broken(
    `${what} behind a message that is still inflated: ${code}, and nothing behind it is read`,
    async () => {
      const { api, got, ended } = await serving()
      const other = await Client.open(api, '/')
      for (const [index, late] of behind.entries()) {
        const client = await openRaw(api, '/', deflate)
        await sendPieces(client, accepted.at(-1), [slowFrame, frame])
        assert.equal(got, [], 'the message was handled before anything came behind it')
        await sendPieces(client, accepted.at(-1), [late, late])
        await client.closed
        await until(() => ended().length === index + 1)
        assert.equal(got.splice(0), [1_500_000, 'closed 1006'])
        const frames = framesOf(client)
        assert.equal(frames.subarray(-4), Buffer.from([0x88, 2, code >> 8, code & 0xff]))
      }
      assert.equal(
        ended(),
        behind.map(() => 'error'),
      )
      other.send('still here')
      assert.equal(await other.messages(1), ['10'])
    },
  )
}

broken('several broken frames in one segment, and a reset in the midst of them, end it once', async () => {
  for (const compression of [true, false]) {
    const { api, got, ended } = await serving({ compression })
    const other = await Client.open(api, '/')
    const frames = badFrames.map(([, frame]) => frame)
    for (const [index, first] of frames.entries()) {
      const client = await openRaw(api, '/', deflate)
      client.send(Buffer.concat([first, ...frames, randomBytes(64)]))
      if (index % 2 === 0) await client.closed
      else client.socket.resetAndDestroy()
      await until(() => ended().length === index + 1)
    }
    assert.equal(
      got.splice(0),
      frames.map(() => 'closed 1006'),
    )
    other.send('still here')
    assert.equal(await other.messages(1), ['10'])
    await stopAll()
  }
})

broken('broken frames that come with the handshake, or over TLS in several records', async () => {
  const file = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url), 'utf8')
  const [key, cert] = [file('localhost.key'), file('localhost.cert')]
  for (const tls of [undefined, { key, cert }]) {
    const { api, got } = await serving(tls && { tls })
    const port = Number(new URL(api.url).port)
    for (const [, frame, code] of badFrames) {
      const socket = tls ? connect({ port, host: '127.0.0.1', ca: cert }) : (await openRaw(api, '/')).socket
      socket.on('error', () => {})
      let received = Buffer.alloc(0)
      socket.on('data', (chunk) => {
        received = Buffer.concat([received, chunk])
      })
      if (tls)
        socket.write(Buffer.concat([requestText('GET', '/', { ...handshakeFields(), ...deflate }), frame]))
      socket.cork()
      for (const late of [frame, ...behind]) socket.write(late)
      socket.uncork()
      await until(() => socket.destroyed)
      await until(() => got.length === 1)
      assert.equal(got.splice(0), ['closed 1006'])
      if (received.includes('permessage-deflate'))
        assert.equal(received.subarray(-4), Buffer.from([0x88, 2, code >> 8, code & 0xff]))
    }
    await stopAll()
  }
})

for (const compression of [true, false]) {
  broken(
    `messages that came whole before the client has gone are handled: compression ${compression}`,
    async () => {
      const { api, got } = await serving({ compression })
      const client = await openRaw(api, '/', deflate)
      const frame = (text: string) =>
        compression ? clientFrame(0xc1, deflated(text)) : clientFrame(0x81, text)
      client.send(
        Buffer.concat([frame('one'), frame('x'.repeat(60_000)), clientFrame(0x81, 'cut').subarray(0, -1)]),
      )
      client.socket.end()
      await until(() => got.length === 3)
      assert.equal(got, [3, 60_000, 'closed 1006'])
    },
  )
}

broken.run()
