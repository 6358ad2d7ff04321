import { type Delivery, getContext, getLogger, getService, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { type Closed, connected, websocket } from 'tomodachi/websocket'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { accessLines, logged, serve, stopAll, until } from '../http/serving.ts'
import { Client, dropClients } from './client.ts'

const events = suite('websocket events')
events.after.each(async () => {
  dropClients()
  await stopAll()
})

function made(options = {}) {
  const api = http({ port: 0 })
  return { api, ws: websocket(api, { accessLog: false, ...options }) }
}

events('the handler is called once per connection, with socket, request and typed params', async () => {
  const { api, ws } = made()
  const calls: unknown[] = []
  const service = new Service().on(
    ws.path('/chat/:room/:user'),
    ({ socket, request, params, event, address }) => {
      calls.push([request.path, request.headers['x-a'], { ...params }, event, address, socket.isOpen])
      socket.send(`welcome ${params.user}`)
    },
  )
  await serve(service)
  const client = await Client.open(api, '/chat/a%20b/anna?x=1', [], { headers: { 'X-A': '1' } })
  assert.equal(await client.messages(1), ['welcome anna'])
  client.send('nobody listens')
  const expected = ['/chat/a b/anna', '1', { room: 'a b', user: 'anna' }, 'open']
  assert.equal(calls, [[...expected, 'websocket /chat/:room/:user', true]])
})

events('a reply may be an object, an array or nothing; the close is told last, once', async () => {
  const { api, ws } = made()
  const told: unknown[] = []
  const message = (data: unknown) => told.push(data)
  const close = ({ code, reason }: Closed) => told.push([code, reason])
  await serve(
    new Service()
      .on(ws.path('/object'), () => ({ message, close }))
      .on(ws.path('/array'), async () => [message, close])
      .on(ws.path('/close'), () => [undefined, close])
      .on(ws.path('/null'), () => null),
  )
  for (const [path, code] of [
    ['/object', 1000],
    ['/array', 3001],
    ['/close', 4999],
    ['/null', 1000],
  ] as const) {
    const client = await Client.open(api, path)
    client.send(path)
    client.socket.close(code, 'bye')
    assert.equal(await client.end(), [code, 'bye'])
  }
  await until(() => told.length === 5)
  assert.equal(told, ['/object', [1000, 'bye'], '/array', [3001, 'bye'], [4999, 'bye']])
})

events('an adapter logs its own connections alone', async () => {
  const records = logged()
  const { api, ws } = made({ accessLog: true })
  const quiet = websocket(api, { name: 'quiet', accessLog: false })
  const other = websocket(api, { name: 'other' })
  await serve(
    new Service()
      .on(ws.path('/ws'), () => {})
      .on(quiet.path('/quiet'), () => {})
      .on(other.path('/other'), () => {}),
  )
  for (const path of ['/quiet', '/ws', '/other']) {
    const client = await Client.open(api, path)
    client.socket.close()
    await client.end()
  }
  await until(() => accessLines(records).length >= 4)
  assert.equal(
    accessLines(records).map((line) => [line.request_path, line.websocket_state]),
    ['/ws', '/other'].flatMap((path) => ['open', 'closed'].map((state) => [path, state])),
  )
})

events('each event is an envelope: observers, counts, context, service and loggers', async () => {
  const records = logged()
  const { api, ws } = made()
  let release = () => {}
  let context: unknown
  const service = new Service({ name: 'chat' }).on(ws.path('/'), ({ socket }) => ({
    async message(data, { log, address, envelope, event, signal }) {
      const { traceparent } = envelope.headers
      context = [address, event, signal.aborted, typeof envelope.id, traceparent, getService()?.name]
      getLogger('mine').info('got it', { size: data.length })
      log.info('mine too')
      await new Promise<void>((resolve) => {
        release = resolve
      })
      socket.send('done')
    },
    close: () => {},
  }))
  const kernel = await serve(service)
  const seen: string[] = []
  const note = (step: string) => (delivery: Delivery) => {
    seen.push(
      `${step} ${(delivery.envelope.given as { event: string }).event} ${delivery.settlement?.state ?? ''}`,
    )
  }
  kernel.bus.on('received', note('received'))
  kernel.bus.on('settled', note('settled'))
  const client = await Client.open(api, '/', [], { headers: { traceparent: '00-1-2-00' } })
  client.send('hello')
  await until(() => context !== undefined)
  assert.equal(context, ['websocket /', 'message', false, 'string', '00-1-2-00', 'chat'])
  assert.equal(getContext().adapters.websocket, { enabled: true, currentTasks: 1, totalTasks: 2 })
  release()
  await client.messages(1)
  client.socket.close()
  await until(() => seen.includes('settled close acked'))
  const steps = ['open', 'message', 'close'].flatMap((event) => [
    `received ${event} `,
    `settled ${event} acked`,
  ])
  assert.equal(seen, steps)
  const mine = records.filter(({ message }) => message === 'mine too')
  const { connectionId, ...fields } = mine[0]?.fields ?? {}
  assert.equal(fields, { handler: '/', transport: 'websocket', service: 'chat' })
  assert.match(String(connectionId), /^[\da-f-]{36}$/)
})

events(
  'what is attached to the request of a handshake says nothing of the envelopes of its connection',
  async () => {
    const { api, ws } = made()
    const seen: unknown[] = []
    await serve(
      new Service().on(ws.path('/'), ({ request }) => {
        Object.assign(request.raw, { id: 'attached', attempt: 7, failure: new Error('attached') })
        return {
          message(data, { envelope: { id, attempt, failure, headers } }) {
            seen.push([data, id !== 'attached', attempt, failure, headers === request.raw.headers])
          },
        }
      }),
    )
    const client = await Client.open(api, '/')
    client.send('hello')
    await until(() => seen.length === 1)
    assert.equal(seen, [['hello', true, 1, undefined, true]])
  },
)

events('middleware runs for each event, and gives its context to all', async () => {
  const { api, ws: plain } = made()
  const events: string[] = []
  const ws = plain.use(async ({ event, params, request }, next) => {
    events.push(event)
    return next({ user: `${request.method} ${params.user}` })
  })
  await serve(
    new Service().on(ws.path('/:user'), ({ socket, user }) => {
      socket.send(user)
      return { message: (data, context) => socket.send(`${context.user} ${data}`), close: () => {} }
    }),
  )
  const client = await Client.open(api, '/anna')
  client.send('hi')
  assert.equal(await client.messages(2), ['GET anna', 'GET anna hi'])
  client.socket.close()
  await until(() => events.length === 3)
  assert.equal(events, ['open', 'message', 'close'])
})

events('the log has a line when a connection opens and one when it has ended', async () => {
  const { api, ws } = made({ accessLog: true })
  const kernel = await serve(
    new Service().on(ws.path('/:fails'), ({ params }) => [
      () => {
        if (params.fails === 'yes') throw new Error('on purpose')
      },
    ]),
  )
  const records = logged()
  const events: unknown[] = []
  kernel.bus.on(connected, ({ code, hasFailed }) => void events.push([code, hasFailed]))
  const client = await Client.open(api, '/no?secret', [], { headers: { 'User-Agent': 'test' } })
  client.socket.close(1000)
  await until(() => events.length === 2)
  const failing = await Client.open(api, '/yes')
  failing.send('x')
  await until(() => events.length === 4)
  assert.equal(events, [
    [undefined, false],
    [1000, false],
    [undefined, false],
    [1011, true],
  ])
  const [opened, closed, , failed] = accessLines(records)
  const { websocket_id, ...fields } = opened ?? {}
  const common = { remote_ip: '127.0.0.1', request_path: '/no', user_agent: 'test' }
  assert.equal(fields, { websocket_state: 'open', ...common })
  assert.is(closed?.websocket_id, websocket_id)
  assert.equal([closed?.websocket_state, closed?.websocket_close_code], ['closed', 1000])
  assert.match(closed?.total_request_time, /^\d+\.\d{5}s$/)
  assert.equal([failed?.websocket_state, failed?.websocket_close_code], ['error', 1011])
})

events.run()
