// Whatever a user's code throws on a websocket: 1011, and the others go on.
import { Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { websocket } from 'tomodachi/websocket'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { brokenThenables, thrownValues } from '../hostile.ts'
import { serve, stopAll } from '../http/serving.ts'
import { Client, dropClients } from './client.ts'

const test = suite('websocket thrown values')
test.after.each(async () => {
  dropClients()
  await stopAll()
})

const values = [...thrownValues, ...brokenThenables]

test('whatever the handlers of a connection throw or return closes it with 1011, and no other', async () => {
  const api = http({ port: 0 })
  const ws = websocket(api, { accessLog: false })
  const failing = (index: string, isAsync = false): never => {
    const [name, make] = values[Number(index)] as (typeof values)[number]
    if (brokenThenables.some(([other]) => other === name)) return make() as never
    if (!isAsync) throw make()
    return (async () => {
      throw make()
    })() as never
  }
  const service = new Service()
    .on(ws.path('/well'), ({ socket }) => ({ message: (data) => socket.send(data) }))
    .on(ws.path('/open/:index'), ({ params }) => failing(params.index))
    .on(ws.path('/later/:index'), ({ params }) => failing(params.index, true))
    .on(ws.path('/middleware/:index'), () => {}, {
      use: [({ params }: { params: { index: string } }) => failing(params.index)],
    })
    .on(ws.path('/message/:index'), ({ params }) => ({ message: () => failing(params.index) }))
    .on(
      ws.path('/part/:index'),
      ({ params }) =>
        Object.defineProperty({}, 'message', { enumerable: true, get: () => failing(params.index) }) as never,
    )
  await serve(service)
  const well = await Client.open(api, '/well')
  for (const [index, [name]] of values.entries()) {
    for (const path of ['/open', '/later', '/middleware', '/message', '/part']) {
      // A thenable is a handler where it is a function.
      if (path === '/part' && index >= thrownValues.length) continue
      const client = await Client.open(api, `${path}/${index}`)
      if (path === '/message') client.send('x')
      assert.is((await client.end())[0], 1_011, `${name} on ${path}`)
    }
  }
  well.send('well')
  assert.equal(await well.messages(1), ['well'])
})

test('whatever the handler of the close throws harms nobody', async () => {
  const api = http({ port: 0 })
  const ws = websocket(api, { accessLog: false })
  let closed = 0
  const service = new Service()
    .on(ws.path('/well'), ({ socket }) => ({ message: (data) => socket.send(data) }))
    .on(ws.path('/:index'), ({ params }) => ({
      close() {
        closed++
        throw thrownValues[Number(params.index)]?.[1]()
      },
    }))
  await serve(service)
  for (const index of thrownValues.keys()) {
    const client = await Client.open(api, `/${index}`)
    client.socket.close()
    await client.end()
  }
  const well = await Client.open(api, '/well')
  well.send('well')
  assert.equal(await well.messages(1), ['well'])
  await stopAll()
  assert.is(closed, thrownValues.length)
})

test.run()
