import { setTimeout as sleep } from 'node:timers/promises'
import { Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { type ClientSocket, type WebsocketOptions, websocket } from 'tomodachi/websocket'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { failureOf, logged, serve, stopAll, until } from '../http/serving.ts'
import { Client, dropClients, openDeaf } from './client.ts'

const sending = suite('websocket sending')
sending.after.each(async () => {
  dropClients()
  await stopAll()
})

const chunk = Buffer.alloc(64 * 1_024, 1)

/** Clients that join the rooms in their path, and their sockets in the order of connection. */
async function serving(options: WebsocketOptions = {}) {
  const api = http({ port: 0, accessLog: false })
  const ws = websocket(api, { accessLog: false, ...options })
  const sockets: ClientSocket[] = []
  const ended: number[] = []
  await serve(
    new Service().on(ws.path('/:rooms?'), ({ socket, params }) => {
      sockets.push(socket)
      for (const room of params.rooms?.split(',') ?? []) socket.join(room)
      return { message: (data) => socket.leave(String(data)), close: ({ code }) => ended.push(code) }
    }),
  )
  return { api, ws, sockets, ended }
}

/** Cut-off reasons among what was logged. */
function reasons(records: ReturnType<typeof logged>): string[] {
  return records
    .filter(({ message }) => message === 'a client was cut off')
    .map(({ fields }) => fields.reason)
}

for (const compression of [true, false]) {
  sending(
    `what is neither text nor bytes is refused, and no memory goes out: compression ${compression}`,
    async () => {
      const { api, ws, sockets } = await serving({ compression })
      const client = await Client.open(api, '/room')
      const [socket] = sockets as [ClientSocket]
      const others = [
        { byteLength: 5 },
        { length: 5 },
        new ArrayBuffer(5),
        new Uint16Array(5),
        [1],
        1,
        null,
        undefined,
      ]
      for (const message of others as never[]) {
        for (const send of [() => socket.send(message), () => ws.to('room').send(message)]) {
          const failure = await failureOf(send)
          assert.match(failure.message, 'socket.send(message) must be a string, such as')
        }
      }
      socket.send('end')
      assert.equal(await client.messages(1), ['end'])
    },
  )
}

sending('send returns nothing while little waits, else a promise that waits for the client', async () => {
  const { api, sockets } = await serving()
  const client = await openDeaf(api, '/')
  const [socket] = sockets as [ClientSocket]
  assert.is(socket.send('little'), undefined)
  let sent = 0
  const all = (async () => {
    for (; sent < 400; sent++) await socket.send(chunk)
  })()
  await sleep(300)
  const before = sent
  assert.ok(before < 400, `${before} were sent`)
  assert.ok(socket.bufferedBytes < 4 * chunk.length, `${socket.bufferedBytes} bytes wait`)
  client.resume()
  await all
  assert.is(sent, 400)
  client.destroy()
})

sending('sends of one turn go out in order, whatever their kind', async () => {
  const { api, sockets } = await serving({ highWaterMark: 1 })
  const client = await Client.open(api, '/')
  const [socket] = sockets as [ClientSocket]
  const texts = Array.from({ length: 50 }, (_, index) => `${index} `.repeat(index * 500))
  const waits = texts.map((text) => socket.send(text))
  assert.ok(waits.every((wait) => wait instanceof Promise))
  socket.close(1000)
  assert.equal(await client.messages(50), texts)
  assert.equal((await client.end())[0], 1000)
  await Promise.all(waits)
})

sending('a client that takes nothing for too long is cut off; who waits for it goes on', async () => {
  const records = logged()
  const { api, sockets, ended } = await serving({ sendTimeout: 400, pingInterval: 0 })
  const client = await openDeaf(api, '/')
  const [socket] = sockets as [ClientSocket]
  while (socket.isOpen) await socket.send(chunk)
  await until(() => ended.length === 1)
  assert.equal([ended, reasons(records)], [[1006], ['it does not read what it is sent']])
  assert.is(socket.send('lost'), undefined)
  client.destroy()
})

sending('a client that takes little by little stays', async () => {
  const records = logged()
  const { api, sockets } = await serving({ sendTimeout: 400, pingInterval: 100, pingTimeout: 100 })
  const client = await openDeaf(api, '/')
  const [socket] = sockets as [ClientSocket]
  const done = (async () => {
    for (let count = 0; count < 200; count++) await socket.send(chunk)
  })()
  let isDone = false
  void done.then(() => {
    isDone = true
  })
  while (!isDone) {
    client.resume()
    await sleep(2)
    client.pause()
    await sleep(20)
  }
  assert.equal([socket.isOpen, reasons(records)], [true, []])
  client.destroy()
})

sending(
  'a handler that does not wait cannot fill the memory: beyond sendLimit the client is cut off',
  async () => {
    const records = logged()
    const { api, sockets, ended } = await serving({ sendLimit: 1024 ** 2 })
    const client = await openDeaf(api, '/')
    client.pause()
    const [socket] = sockets as [ClientSocket]
    for (let count = 0; count < 1_000 && socket.isOpen; count++) {
      void socket.send(chunk)
      assert.ok(socket.bufferedBytes <= 1024 ** 2 + 2 * chunk.length)
      if (count % 10 === 0) await new Promise(setImmediate)
    }
    await until(() => ended.length === 1)
    assert.equal(reasons(records), ['it has too much left to read'])
    client.destroy()
  },
)

sending('one message may be larger than all limits', async () => {
  const { api, sockets } = await serving({ sendLimit: 1_000, highWaterMark: 10 })
  const client = await Client.open(api, '/')
  const large = Buffer.alloc(5_000_000, 7)
  await sockets[0]?.send(large)
  assert.ok(large.equals((await client.messages(1))[0] as Buffer))
})

sending('bytes may be changed as soon as send has returned', async () => {
  const { api, sockets } = await serving()
  const client = await Client.open(api, '/')
  const bytes = Buffer.from('before')
  void sockets[0]?.send(bytes)
  bytes.fill('x')
  assert.equal(await client.messages(1), [Buffer.from('before')])
})

sending('compression is off unless asked for, and then keeps order, limits and rooms', async () => {
  for (const compression of [false, true]) {
    const { api, ws, sockets } = await serving({ compression, maxPayload: 100_000 })
    const client = await Client.open(api, '/a')
    assert.is(client.socket.extensions, compression ? 'permessage-deflate' : '')
    const texts = Array.from({ length: 20 }, (_, index) => 'word '.repeat(index * 200))
    for (const text of texts) void sockets[0]?.send(text)
    assert.is(ws.to('a').send('to all'), 1)
    assert.equal(await client.messages(21), [...texts, 'to all'])
    client.send('x'.repeat(100_001))
    assert.is((await client.end())[0], 1009)
    await stopAll()
  }
})

sending('a room reaches those who have joined it, or all but one', async () => {
  const { api, ws, sockets, ended } = await serving()
  const [one, two, both] = [
    await Client.open(api, '/1'),
    await Client.open(api, '/2'),
    await Client.open(api, '/1,2'),
  ]
  assert.equal([ws.to('1').size, ws.to('2').size, ws.to('3').size], [2, 2, 0])
  assert.is(ws.to('1').send('text'), 2)
  assert.is(ws.to('2').send(Buffer.from('bytes')), 2)
  assert.is(ws.to('3').send('nobody'), 0)
  const [first] = sockets as [ClientSocket]
  assert.is(ws.to('1').send('but you', { except: first }), 1)
  ws.to('1').send('end')
  assert.equal(await both.messages(4), ['text', Buffer.from('bytes'), 'but you', 'end'])
  assert.equal(await one.messages(2), ['text', 'end'])
  both.send('2')
  await until(() => ws.to('2').size === 1)
  two.socket.close()
  await until(() => ended.length === 1)
  assert.equal([ws.to('2').size, ws.to('1').size], [0, 2])
})

sending('a socket that has closed joins no room', async () => {
  const { api, ws, sockets, ended } = await serving()
  const client = await Client.open(api, '/')
  client.socket.terminate()
  await until(() => ended.length === 1)
  sockets[0]?.join('late')
  assert.is(ws.to('late').size, 0)
})

sending('a client that reads nothing does not hold up a room', async () => {
  const records = logged()
  const { api, ws, ended } = await serving({ sendLimit: 1024 ** 2 })
  const stuck = await openDeaf(api, '/room')
  const good = await Client.open(api, '/room')
  await until(() => ws.to('room').size === 2)
  let sent = 0
  while (ended.length === 0) {
    ws.to('room').send(chunk)
    sent++
    await new Promise(setImmediate)
  }
  assert.equal(reasons(records), ['it has too much left to read'])
  await until(() => good.received.length === sent)
  assert.is(ws.to('room').size, 1)
  stuck.destroy()
})

sending('without a started adapter there are no rooms', async () => {
  const ws = websocket(http({ port: 0 }))
  assert.is((await failureOf(() => ws.to('room'))).code, 'ADAPTER_NOT_STARTED')
})

sending.run()
