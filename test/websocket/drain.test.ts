import { setTimeout as sleep } from 'node:timers/promises'
import { Kernel, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { websocket } from 'tomodachi/websocket'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { failureOf, logged, serve, stopAll, until } from '../http/serving.ts'
import { Client, dropClients, openRaw } from './client.ts'

const drain = suite('websocket drain')
drain.after.each(async () => {
  dropClients()
  await stopAll()
})

function made() {
  const api = http({ port: 0, accessLog: false })
  return { api, ws: websocket(api, { accessLog: false }) }
}

drain('connections are closed with 1001 at once, and their close handlers are waited for', async () => {
  const { api, ws } = made()
  const told: string[] = []
  const kernel = await serve(
    new Service({ name: 'a', onStop: () => void told.push('stopped') }).on(ws.path('/'), () => ({
      async close({ code }) {
        await sleep(100)
        told.push(String(code))
      },
    })),
  )
  const clients = await Promise.all([Client.open(api, '/'), Client.open(api, '/')])
  assert.is(await kernel.stop(), 0)
  assert.equal(
    clients.map(({ closed }) => closed?.[0]),
    [1001, 1001],
  )
  assert.equal(told, ['1001', '1001', 'stopped'])
})

drain('messages that have come are handled and answered before their connection closes', async () => {
  const { api, ws } = made()
  const handled: unknown[] = []
  const service = new Service().on(ws.path('/'), ({ socket }) => ({
    async message(data) {
      await sleep(50)
      handled.push(data)
      await socket.send(data)
    },
  }))
  const kernel = await serve(service)
  const idle = await Client.open(api, '/')
  const busy = await Client.open(api, '/')
  busy.send('1', '2', '3')
  await until(() => handled.length === 1)
  const stopping = kernel.stop()
  await idle.end()
  assert.ok(handled.length < 3, 'the idle one did not wait for the busy one')
  assert.is((await failureOf(() => Client.open(api, '/'))).message.length > 0, true)
  assert.is(await stopping, 0)
  assert.equal(await busy.end(), [1001, ''])
  assert.equal(busy.received, ['1', '2', '3'])
})

drain('messages that come during the drain are not taken', async () => {
  const { api, ws } = made()
  const handled: unknown[] = []
  let release = () => {}
  const service = new Service().on(ws.path('/'), () => ({
    async message(data) {
      handled.push(data)
      await new Promise<void>((resolve) => {
        release = resolve
      })
    },
  }))
  const kernel = await serve(service)
  const client = await Client.open(api, '/')
  client.send('before')
  await until(() => handled.length === 1)
  const stopping = kernel.stop()
  await sleep(50)
  client.send('after')
  await sleep(50)
  release()
  assert.is(await stopping, 0)
  assert.equal([handled, (await client.end())[0]], [['before'], 1001])
})

drain('a handler that goes on sending while the connection is open is told by its closing', async () => {
  const { api, ws } = made()
  let ticks = 0
  const service = new Service({ name: 'ticker', drainTimeout: 20_000 }).on(
    ws.path('/'),
    async ({ socket }) => {
      for (; socket.isOpen; ticks++) {
        await socket.send('tick')
        await sleep(5)
      }
    },
  )
  const kernel = await serve(service)
  const client = await Client.open(api, '/')
  await client.messages(2)
  assert.is(await kernel.stop(), 0)
  assert.equal((await client.end())[0], 1001)
  assert.ok(ticks >= 2)
})

drain('at the deadline a stuck handler is given up: 1001, its signal aborts, exit code 1', async () => {
  logged()
  const { api, ws } = made()
  const told: unknown[] = []
  const service = new Service({ name: 'stuck', drainTimeout: 300 }).on(ws.path('/'), () => ({
    message: (_, { signal }) =>
      new Promise(() => signal.addEventListener('abort', () => told.push('aborted'))),
    close: ({ code }) => told.push(code),
  }))
  const kernel = await serve(service)
  const client = await Client.open(api, '/')
  client.send('1', '2')
  await until(() => kernel.bus !== undefined && client.socket.bufferedAmount === 0)
  await sleep(50)
  assert.is(await kernel.stop(), 1)
  assert.equal((await client.end())[0], 1001)
  assert.equal(told, ['aborted', 1001])
})

drain('a close handler that follows a slow message has the time of the drain', async () => {
  const { api, ws } = made()
  const told: string[] = []
  let isBusy = false
  const service = new Service({ onStop: () => void told.push('stopped') }).on(ws.path('/'), () => ({
    async message() {
      isBusy = true
      await sleep(100)
    },
    async close() {
      await sleep(4_500)
      told.push('closed')
    },
  }))
  const kernel = await serve(service)
  const client = await Client.open(api, '/')
  client.send('x')
  await until(() => isBusy)
  assert.is(await kernel.stop(), 0)
  assert.equal(told, ['closed', 'stopped'])
})

drain('a client that does not answer the close is cut off', async () => {
  const { api, ws } = made()
  const codes: number[] = []
  const kernel = await serve(
    new Service().on(ws.path('/'), () => [undefined, ({ code }) => codes.push(code)]),
  )
  const client = await openRaw(api, '/')
  const startedAt = Date.now()
  assert.is(await kernel.stop(), 0)
  await client.closed
  assert.ok(Date.now() - startedAt < 6_000)
  assert.equal(codes, [1006])
})

drain('the drain of requests does not wait for websockets, nor the other way round', async () => {
  const { api, ws } = made()
  let isAsked = false
  const service = new Service()
    .on(ws.path('/'), ({ socket }) => ({ message: (data) => socket.send(data) }))
    .on(api.get('/slow'), async () => {
      isAsked = true
      await sleep(300)
      return 'slow'
    })
  const kernel = await serve(service)
  const client = await Client.open(api, '/')
  const answer = fetch(`${api.url}/slow`)
  await until(() => isAsked)
  const stopping = kernel.stop()
  assert.equal((await client.end())[0], 1001)
  assert.is(await (await answer).text(), 'slow')
  assert.is(await stopping, 0)
})

drain('start and stop, 20 times: no socket, no timer and no listener is left', async () => {
  const { api, ws } = made()
  const service = new Service().on(ws.path('/:room'), ({ socket, params }) => {
    socket.join(params.room)
    return { message: (data) => socket.send(data), close: () => {} }
  })
  const resources = () =>
    process
      .getActiveResourcesInfo()
      .filter((name) => !/^(Pipe|TTY)/.test(name))
      .sort()
  let before: string[] | undefined
  for (let round = 0; round < 21; round++) {
    const kernel = await new Kernel([service], { ownsProcess: false }).start()
    const closing = await Client.open(api, '/a')
    closing.send('x')
    assert.equal(await closing.messages(1), ['x'])
    closing.socket.close()
    await closing.end()
    const staying = await Client.open(api, '/b')
    await failureOf(() => Client.open(api, '/unknown/path'))
    assert.is(await kernel.stop(), 0)
    assert.equal((await staying.end())[0], 1001)
    await new Promise(setImmediate)
    before ??= resources()
  }
  assert.equal(resources(), before)
  assert.not.ok(
    resources().some((name) => /TCP|Server|Timeout/.test(name)),
    String(resources()),
  )
})

drain.run()
