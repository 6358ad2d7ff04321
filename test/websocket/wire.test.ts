import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { type Closed, type WebsocketOptions, websocket } from 'tomodachi/websocket'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { logged, serve, stopAll, until } from '../http/serving.ts'
import { Client, clientFrame, dropClients, framesOf, openRaw } from './client.ts'

const wire = suite('websocket on the wire')
wire.after.each(async () => {
  dropClients()
  await stopAll()
})

/** An echo, and how its connections have closed. */
async function serving(options: WebsocketOptions = {}) {
  const api = http({ port: 0, accessLog: false })
  const ws = websocket(api, { accessLog: false, ...options })
  const closed: Closed[] = []
  await serve(
    new Service().on(ws.path('/'), ({ socket }) => ({
      message: (data) => socket.send(data),
      close: (end) => closed.push(end),
    })),
  )
  return { api, closed }
}

/** The code in the close frame that comes after these bytes. */
const closeFrame = (code: number) => Buffer.from([0x88, 2, code >> 8, code & 0xff])

wire('a message of exactly maxPayload is taken, one byte more closes with 1009', async () => {
  const { api, closed } = await serving({ maxPayload: 1_000 })
  const client = await Client.open(api, '/')
  client.send('x'.repeat(1_000))
  assert.is((await client.messages(1))[0]?.length, 1_000)
  client.send('x'.repeat(1_001))
  assert.equal(await client.end(), [1009, ''])
  await until(() => closed.length === 1)
})

wire('fragments count together', async () => {
  const { api } = await serving({ maxPayload: 1_000 })
  const client = await openRaw(api, '/')
  client.send(clientFrame(0x01, 'x'.repeat(600))).send(clientFrame(0x80, 'x'.repeat(400)))
  await until(() => framesOf(client).length === 4 + 1_000)
  client.send(clientFrame(0x01, 'x'.repeat(600))).send(clientFrame(0x80, 'x'.repeat(401)))
  await client.closed
  assert.equal(framesOf(client).subarray(4 + 1_000), closeFrame(1009))
})

for (const [what, bytes, code] of [
  ['a frame that is not masked', Buffer.from([0x81, 1, 0x78]), 1002],
  ['an unknown opcode', clientFrame(0x83, 'x'), 1002],
  ['a reserved bit', clientFrame(0xc1, 'x'), 1002],
  ['a continuation of nothing', clientFrame(0x80, 'x'), 1002],
  ['a ping in fragments', clientFrame(0x09, 'x'), 1002],
  ['a long ping', clientFrame(0x89, 'x'.repeat(126)), 1002],
  ['a close code that nobody may send', clientFrame(0x88, Buffer.from([0x03, 0xed])), 1002],
  ['text that is no UTF-8', clientFrame(0x81, Buffer.from([0xff])), 1007],
] as const) {
  wire(`${what} closes with ${code}, and disturbs nobody else`, async () => {
    const { api, closed } = await serving()
    const other = await Client.open(api, '/')
    const client = await openRaw(api, '/')
    client.send(clientFrame(0x81, 'good')).send(bytes)
    await client.closed
    assert.equal(
      framesOf(client),
      Buffer.concat([Buffer.from([0x81, 4]), Buffer.from('good'), closeFrame(code)]),
    )
    await until(() => closed.length === 1)
    other.send('still here')
    assert.equal(await other.messages(1), ['still here'])
  })
}

wire('frames that come byte by byte, and many in one piece', async () => {
  const { api } = await serving()
  const client = await openRaw(api, '/')
  client.socket.setNoDelay(true)
  for (const byte of clientFrame(0x81, 'slow')) {
    client.send(Buffer.from([byte]))
    await new Promise(setImmediate)
  }
  client.send(Buffer.concat(Array.from({ length: 1_000 }, () => clientFrame(0x81, 'fast'))))
  const one = (text: string) => Buffer.concat([Buffer.from([0x81, 4]), Buffer.from(text)])
  const expected = Buffer.concat([one('slow'), ...Array.from({ length: 1_000 }, () => one('fast'))])
  await until(() => framesOf(client).length >= expected.length)
  assert.equal(framesOf(client), expected)
  client.destroy()
})

wire('bytes that come with the handshake are the first frames', async () => {
  const { api } = await serving()
  const client = await Client.open(api, '/', [], {
    finishRequest(request) {
      request.end(clientFrame(0x81, 'at once'))
    },
  })
  assert.equal(await client.messages(1), ['at once'])
})

wire('a ping is answered with what it said', async () => {
  const { api } = await serving()
  const client = await Client.open(api, '/')
  const pong = once(client.socket, 'pong')
  client.socket.ping('are you there')
  assert.is(String((await pong)[0]), 'are you there')
})

wire('many pings in one piece are answered in order, the last of them for certain', async () => {
  for (const [count, least] of [
    [10, 10],
    [1_000, 50],
  ] as const) {
    const { api } = await serving()
    const client = await openRaw(api, '/')
    const pings = Array.from({ length: count }, (_, index) =>
      clientFrame(0x89, String(index).padStart(3, '0')),
    )
    client.send(Buffer.concat(pings))
    await until(() =>
      framesOf(client)
        .toString()
        .endsWith(String(count - 1).padStart(3, '0')),
    )
    const answered = framesOf(client).toString('latin1').split('\x8a\x03').slice(1)
    assert.ok(answered.length >= least)
    assert.equal(answered, answered.toSorted())
    client.send(clientFrame(0x81, 'still here'))
    await until(() => framesOf(client).toString().endsWith('still here'))
    client.destroy()
    await stopAll()
  }
})

wire('a client that is gone without a word has closed with 1006', async () => {
  const { api, closed } = await serving()
  const client = await openRaw(api, '/')
  client.socket.resetAndDestroy()
  await until(() => closed.length === 1)
  assert.equal(closed, [{ code: 1006, reason: '' }])
})

wire('a client that has closed its half without a close frame is closed', async () => {
  const { api, closed } = await serving()
  const client = await openRaw(api, '/')
  client.socket.end()
  await client.closed
  await until(() => closed.length === 1)
  assert.equal(closed, [{ code: 1006, reason: '' }])
})

wire('a silent client is pinged; one that answers stays, one that does not is cut off', async () => {
  const records = logged()
  const { api, closed } = await serving({ pingInterval: 200, pingTimeout: 200 })
  const client = await Client.open(api, '/')
  let pings = 0
  client.socket.on('ping', () => pings++)
  const dead = await openRaw(api, '/')
  await dead.closed
  assert.equal(framesOf(dead), Buffer.from([0x89, 0]))
  await until(() => closed.length === 1)
  assert.equal(closed, [{ code: 1006, reason: '' }])
  const cut = records.filter(({ message }) => message === 'a client was cut off')
  assert.equal(
    cut.map(({ level, fields }) => [level, fields.reason]),
    [['warning', 'it does not answer pings']],
  )
  await until(() => pings >= 3)
  client.send('still there')
  assert.equal(await client.messages(1), ['still there'])
})

wire('a client that says something is not pinged', async () => {
  const { api } = await serving({ pingInterval: '1s' })
  const client = await Client.open(api, '/')
  let pings = 0
  client.socket.on('ping', () => pings++)
  for (let round = 0; round < 15; round++) {
    client.send('x')
    await sleep(100)
  }
  assert.is(pings, 0)
  await until(() => pings > 0)
})

wire('with pingInterval 0 nobody is pinged or cut off', async () => {
  const { api, closed } = await serving({ pingInterval: 0, pingTimeout: 100 })
  const client = await openRaw(api, '/')
  await sleep(500)
  assert.equal([framesOf(client).length, closed.length], [0, 0])
  client.destroy()
})

wire('a client whose messages wait for a slow handler is not taken for dead', async () => {
  const api = http({ port: 0, accessLog: false })
  const ws = websocket(api, { accessLog: false, pingInterval: 100, pingTimeout: 100 })
  await serve(
    new Service().on(ws.path('/'), ({ socket }) => ({
      async message(data) {
        if (data === 'slow') await sleep(1_000)
        if (data === 'last') socket.send('done')
      },
    })),
  )
  const client = await Client.open(api, '/')
  client.send('slow', ...Array.from({ length: 100 }, () => 'x'.repeat(10_000)), 'last')
  assert.equal(await client.messages(1), ['done'])
})

wire('a process that was held up does not take everybody for dead', async () => {
  const { api, closed } = await serving({ pingInterval: 200, pingTimeout: 200 })
  const client = await Client.open(api, '/')
  await sleep(100)
  for (const end = Date.now() + 1_500; Date.now() < end; );
  await sleep(300)
  client.send('still there')
  assert.equal([await client.messages(1), closed], [['still there'], []])
})

wire.run()
