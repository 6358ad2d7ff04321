import { AsyncLocalStorage } from 'node:async_hooks'
import { type Next, Service } from 'tomodachi'
import { currentContext } from 'tomodachi/adapter-kit'
import { http } from 'tomodachi/http'
import { type ClientSocket, websocket } from 'tomodachi/websocket'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { serve, stopAll, until } from '../http/serving.ts'
import { Client } from './client.ts'

const contexts = suite('websocket async context')
contexts.after.each(stopAll)

const user = new AsyncLocalStorage<string>()

contexts(
  'messages that wait, closes and aborts run in no context of another message or connection',
  async () => {
    const api = http({ port: 0 })
    const ws = websocket(api)
    const seen: string[] = []
    const sockets: ClientSocket[] = []
    const see = (what: string) =>
      seen.push(`${what} in ${user.getStore()} of ${currentContext() ? 'one' : 'none'}`)
    const enter = async ({ event }: { event: string }, next: Next) => {
      see(event)
      user.enterWith(event)
      return next()
    }
    await serve(
      new Service().on(
        ws.path('/'),
        ({ socket }) => {
          sockets.push(socket)
          socket.signal.addEventListener('abort', () => see('abort'))
          return {
            message: async (data) => {
              user.enterWith(String(data))
              await new Promise(setImmediate)
              if (data === 'close all') for (const other of sockets) other.close()
            },
          }
        },
        { use: [enter] },
      ),
    )
    const [a, b] = [await Client.open(api, '/'), await Client.open(api, '/')]
    await until(() => sockets.length === 2)
    a.send('1', '2', '3', 'close all')
    await Promise.all([a.end(), b.end()])
    await until(() => seen.filter((line) => line.startsWith('abort')).length === 2)
    assert.equal(
      new Set(seen),
      new Set(['open in undefined of one', 'message in undefined of one', 'abort in undefined of none']),
    )
    assert.is(seen.filter((line) => line.startsWith('message')).length, 4)
  },
)

contexts.run()
