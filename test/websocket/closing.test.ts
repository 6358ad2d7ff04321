import { setTimeout as sleep } from 'node:timers/promises'
import { Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { websocket } from 'tomodachi/websocket'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { errorsIn, logged, serve, stopAll, until } from '../http/serving.ts'
import { Client, dropClients } from './client.ts'

const closing = suite('websocket closing')
closing.after.each(async () => {
  dropClients()
  await stopAll()
})

function made(options = {}) {
  const api = http({ port: 0 })
  return { api, ws: websocket(api, { accessLog: false, ...options }) }
}

for (const [name, fail] of [
  [
    'throws',
    () => {
      throw new Error('on purpose')
    },
  ],
  [
    'rejects',
    async () => {
      throw new Error('on purpose')
    },
  ],
] as const) {
  closing(`a handler that ${name} closes with 1011, is logged, and hears no more`, async () => {
    const records = logged()
    const { api, ws } = made()
    const told: unknown[] = []
    await serve(
      new Service()
        .on(ws.path('/open'), fail as () => undefined)
        .on(ws.path('/message'), () => ({
          message(data) {
            told.push(data)
            return fail()
          },
          close: ({ code }) => told.push(code),
        }))
        .on(ws.path('/close'), () => [undefined, fail])
        .on(ws.path('/good'), ({ socket }) => [(data) => socket.send(data)]),
    )
    const good = await Client.open(api, '/good')
    assert.equal(await (await Client.open(api, '/open')).end(), [1011, ''])
    const client = await Client.open(api, '/message')
    client.send('1', '2', '3')
    assert.equal(await client.end(), [1011, ''])
    await until(() => told.length === 2)
    assert.equal(told, ['1', 1011])
    const closing = await Client.open(api, '/close')
    closing.socket.close(1000)
    assert.equal(await closing.end(), [1000, ''])
    await until(() => errorsIn(records).length === 3)
    assert.equal(errorsIn(records), ['on purpose', 'on purpose', 'on purpose'])
    good.send('still there')
    assert.equal(await good.messages(1), ['still there'])
  })
}

closing(
  'messages that came before the client closed are handled, and a failure among them still tells the close',
  async () => {
    logged()
    const { api, ws } = made()
    const told: unknown[] = []
    const service = new Service().on(ws.path('/'), () => ({
      async message(data) {
        await sleep(20)
        told.push(data)
        if (data === '2') throw new Error('on purpose')
      },
      close: ({ code }) => told.push(code),
    }))
    await serve(service)
    const client = await Client.open(api, '/')
    client.send('1', '2', '3')
    client.socket.close(1000)
    await until(() => told.length === 3)
    assert.equal(told, ['1', '2', 1000])
  },
)

closing('close() of the socket: code and reason, what waits is dropped, later sends do nothing', async () => {
  const { api, ws } = made()
  const told: unknown[] = []
  const service = new Service().on(ws.path('/'), ({ socket }) => ({
    message(data) {
      told.push(data)
      socket.close(4000, 'enough')
      told.push(socket.isOpen)
      socket.close(4001)
      socket.send('lost')
    },
    close: ({ code, reason }) => told.push(code, reason, socket.signal.aborted),
  }))
  await serve(service)
  const client = await Client.open(api, '/')
  client.send('1', '2', '3')
  assert.equal(await client.end(), [4000, 'enough'])
  await until(() => told.length === 5)
  assert.equal(told, ['1', false, 4000, 'enough', true])
  assert.equal(client.received, [])
})

closing('a code or a reason that cannot be sent is refused', async () => {
  const { api, ws } = made()
  const codes: unknown[] = []
  const service = new Service().on(ws.path('/'), ({ socket }) => {
    for (const [code, reason] of [
      [999],
      [1005],
      [1006],
      [1015],
      [2999],
      [5000],
      [1.5],
      [1000, 'å'.repeat(62)],
    ] as const)
      try {
        socket.close(code, reason)
      } catch (error) {
        codes.push((error as { code?: string }).code)
      }
    socket.close(1000, 'x'.repeat(123))
  })
  await serve(service)
  assert.is((await (await Client.open(api, '/')).end())[1].length, 123)
  assert.equal(codes, Array(8).fill('OPTION_INVALID'))
})

closing('the signal of the socket aborts when it has closed', async () => {
  const { api, ws } = made()
  const ends: string[] = []
  const service = new Service().on(ws.path('/'), async ({ socket }) => {
    socket.signal.addEventListener('abort', () => ends.push(socket.id))
    while (!socket.signal.aborted) {
      await socket.send('tick')
      await sleep(5)
    }
  })
  await serve(service)
  const client = await Client.open(api, '/')
  assert.equal(await client.messages(2), ['tick', 'tick'])
  client.socket.terminate()
  await until(() => ends.length === 1)
  assert.match(ends[0] as string, /^[0-9a-f]{8}-[0-9a-f-]{27}$/)
})

closing.run()
