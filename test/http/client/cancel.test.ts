import { Service } from 'tomodachi'
import { client, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RawClient, requestText } from '../raw-client.ts'
import { ask, failureOf, portOf, serve, until } from '../serving.ts'
import { gate, json, opened, stopEverything, upstream } from './upstream.ts'

const cancel = suite('http client cancellation')
cancel.after.each(stopEverything)

cancel(
  'a signal cancels: before, while it waits for a connection, an answer or the next try, and as a stream',
  async () => {
    const orders = await upstream((response, _, { url }) => {
      if (url === '/busy') response.writeHead(503).end()
      if (url === '/stream') response.write('begun')
    })
    const calls = await opened(orders.url, { connections: 2, retry: { backoff: () => 10_000 } })
    const reason = new Error('changed my mind')
    const cancelled = async (path: string, ready: () => boolean | Promise<boolean>) => {
      const abort = new AbortController()
      const call = failureOf(() => calls.get(path, { signal: abort.signal }))
      for (const end = Date.now() + 5_000; !(await ready()); ) if (Date.now() > end) throw new Error(path)
      abort.abort(reason)
      assert.is(await call, reason, path)
    }
    assert.is(await failureOf(() => calls.get('/never', { signal: AbortSignal.abort(reason) })), reason)
    assert.equal(orders.received, [])
    await cancelled('/busy', async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      return orders.received.length === 1
    })
    const hanging = new AbortController()
    const others = ['/a', '/b'].map((path) => failureOf(() => calls.get(path, { signal: hanging.signal })))
    await until(() => orders.received.length === 3)
    await cancelled('/queued', async () => true)
    hanging.abort(reason)
    assert.equal(await Promise.all(others), [reason, reason])
    assert.is(orders.received.length, 3)
    const abort = new AbortController()
    const { body } = await calls.stream('GET', '/stream', { signal: abort.signal })
    abort.abort(reason)
    assert.is(await failureOf(async () => body.toArray()), reason)
  },
)

cancel(
  'the handler that calls is the one that cancels, unless the call has a signal of its own',
  async () => {
    const [orders, left] = [await upstream(() => {}), [] as string[]]
    const calls = client(orders.url)
    const api = http({ port: 0, accessLog: false })
    const own = new AbortController()
    const service = new Service({ adapters: [calls] }).on(api.get('/:which'), async ({ params }) => {
      const signal = params.which === 'own' ? { signal: own.signal } : {}
      await failureOf(() => calls.get(`/${params.which}`, signal))
      left.push(params.which)
    })
    await serve(service)
    const clients = [await RawClient.connect(portOf(api)), await RawClient.connect(portOf(api))]
    clients[0]?.send(requestText('GET', '/own'))
    clients[1]?.send(requestText('GET', '/handler'))
    await until(() => orders.received.length === 2)
    for (const client of clients) client.destroy()
    await until(() => left.length === 1)
    await until(() => orders.sockets.size === 1)
    assert.equal(left, ['handler'])
    own.abort()
    await until(() => left.length === 2)
  },
)

cancel('a call that outlives its handler is not cancelled with it', async () => {
  const held = gate()
  const orders = await upstream(async (response) => {
    await held.opened
    json(response, 1)
  })
  const calls = client(orders.url)
  const api = http({ port: 0, accessLog: false })
  let call: Promise<{ readonly data: unknown }> | undefined
  await serve(
    new Service({ adapters: [calls] }).on(api.get('/'), () => {
      call = calls.get('/')
    }),
  )
  await ask(api, 'GET', '/')
  held.open()
  assert.is((await call)?.data, 1)
})

cancel.run()
