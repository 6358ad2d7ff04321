import { setTimeout as sleep } from 'node:timers/promises'
import { Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { type Message, websocket } from 'tomodachi/websocket'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { serve, stopAll, until } from '../http/serving.ts'
import { Client, dropClients } from './client.ts'

const messages = suite('websocket messages')
messages.after.each(async () => {
  dropClients()
  await stopAll()
})

function made(options = {}) {
  const api = http({ port: 0 })
  return { api, ws: websocket(api, { accessLog: false, ...options }) }
}

messages('text is a string and bytes are a Buffer, both ways, of every length of head', async () => {
  const { api, ws } = made()
  await serve(new Service().on(ws.path('/'), ({ socket }) => ({ message: (data) => socket.send(data) })))
  const client = await Client.open(api, '/')
  const texts = ['', 'å', ...[125, 126, 65_535, 65_536].map((length) => 'x'.repeat(length))]
  const sent: Message[] = [...texts, ...texts.map((text) => Buffer.from(text))]
  client.send(...sent)
  assert.equal(await client.messages(sent.length), sent)
})

messages('messages of a connection are handled one after the other, those of several at once', async () => {
  const { api, ws } = made()
  const running = new Map<string, number>()
  let together = 0
  await serve(
    new Service().on(ws.path('/:id'), ({ socket, params: { id } }) => ({
      async message(data) {
        running.set(id, (running.get(id) ?? 0) + 1)
        assert.is(running.get(id), 1)
        together = Math.max(together, [...running.values()].filter((count) => count > 0).length)
        await sleep(Math.random() * 3)
        running.set(id, 0)
        socket.send(data)
      },
    })),
  )
  const clients = await Promise.all(['a', 'b', 'c'].map((id) => Client.open(api, `/${id}`)))
  const sent = Array.from({ length: 40 }, (_, index) => String(index))
  for (const client of clients) client.send(...sent)
  for (const client of clients) assert.equal(await client.messages(40), sent)
  assert.is(together, 3)
})

messages('what comes while the handler of the connection runs waits for it', async () => {
  const { api, ws } = made()
  let goOn = () => {}
  const handled: unknown[] = []
  const service = new Service().on(ws.path('/'), async () => {
    await new Promise<void>((resolve) => {
      goOn = resolve
    })
    return [(data) => handled.push(data), ({ code }) => handled.push(code)]
  })
  await serve(service)
  const client = await Client.open(api, '/')
  client.send('1', '2')
  client.socket.close()
  await client.end()
  assert.equal(handled, [])
  goOn()
  await until(() => handled.length === 3)
  // No code was sent (RFC 6455, 7.1.5).
  assert.equal(handled, ['1', '2', 1005])
})

messages('ten thousand messages behind a slow one do not deepen the stack, nor pile up unread', async () => {
  const { api, ws } = made()
  let goOn = () => {}
  let count = 0
  await serve(
    new Service().on(ws.path('/'), ({ socket }) => ({
      message(data) {
        count++
        if (count === 1)
          return new Promise<void>((resolve) => {
            goOn = resolve
          })
        if (data === 'last') socket.send(String(count))
      },
    })),
  )
  const client = await Client.open(api, '/')
  client.send(...Array.from({ length: 10_000 }, () => 'x'), 'last')
  await until(() => count === 1)
  goOn()
  assert.equal(await client.messages(1), ['10001'])
})

messages('a slow handler stops the reading: the client cannot fill the memory', async () => {
  const { api, ws } = made()
  await serve(
    new Service({ drainTimeout: 100 }).on(ws.path('/'), () => ({ message: () => new Promise(() => {}) })),
  )
  const client = await Client.open(api, '/')
  const chunk = Buffer.alloc(256 * 1_024)
  const offered = 64
  client.send(...Array.from({ length: offered }, () => chunk))
  await sleep(300)
  const taken = offered * chunk.length - client.socket.bufferedAmount
  assert.ok(taken < 12 * 1_024 ** 2, `${taken} bytes were taken`)
  dropClients()
})

messages.run()
