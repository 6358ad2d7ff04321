import { Kernel, Service } from 'tomodachi'
import { client, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ask, failureOf, logged, serve, until } from '../serving.ts'
import { gate, json, opened, stopEverything, upstream } from './upstream.ts'

const lifecycle = suite('http client lifecycle')
lifecycle.after.each(stopEverything)

const code = async (call: () => unknown) => (await failureOf(call)).code

lifecycle('it can be used while a service that lists it runs, and then again', async () => {
  const orders = await upstream((response) => json(response, 1))
  const calls = client(orders.url, { name: 'orders' })
  assert.is(await code(() => calls.get('/')), 'ADAPTER_NOT_STARTED')
  const kernel = await serve(new Service({ adapters: [calls] }))
  assert.is((await calls.get('/')).data, 1)
  await kernel.stop()
  const failure = await failureOf(() => calls.post('/a?b=c'))
  assert.is(failure.code, 'ADAPTER_NOT_STARTED')
  assert.match(failure.message, `POST ${orders.url}/a is not possible because orders is not running`)
  assert.is(await code(() => calls.stream('GET', '/')), 'ADAPTER_NOT_STARTED')
  await serve(new Service({ adapters: [calls] }))
  assert.is((await calls.get('/')).data, 1)
})

lifecycle('a call that comes while it starts waits for that', async () => {
  const orders = await upstream((response) => json(response, 1))
  const calls = client(orders.url)
  const { bus } = new Kernel([new Service({ adapters: [calls] })], { ownsProcess: false })
  const starting = calls.start({ bus } as never)
  assert.is((await calls.get('/')).data, 1)
  await starting
  await calls.close()
  await client(orders.url).close()
})

lifecycle('a stop waits for calls, awaited by a handler or by nobody', async () => {
  const held = gate()
  const orders = await upstream(async (response) => {
    await held.opened
    json(response, 'late')
  })
  const calls = client(orders.url)
  const api = http({ port: 0, accessLog: false })
  const results: unknown[] = []
  const service = new Service({ adapters: [calls] }).on(api.get('/:awaits'), async ({ params }) => {
    const call = calls.get(`/${params.awaits}`).then(({ data }) => results.push(data))
    if (params.awaits === 'yes') await call
    return 'answered'
  })
  const kernel = await serve(service)
  const answers = [ask(api, 'GET', '/yes'), ask(api, 'GET', '/no')]
  await until(() => orders.received.length === 2)
  await answers[1]
  const stopped = kernel.stop()
  await until(() => kernel.state === 'draining')
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal([kernel.state, results], ['draining', []])
  held.open()
  assert.is(await stopped, 0)
  assert.equal(results, ['late', 'late'])
  assert.is((await answers[0])?.text, 'answered')
})

lifecycle('a stop waits for an answer that is being read as a stream', async () => {
  const held = gate()
  const orders = await upstream(async (response) => {
    response.write('begun ')
    await held.opened
    response.end('ended')
  })
  const calls = client(orders.url)
  const kernel = await serve(new Service({ adapters: [calls] }))
  const { body } = await calls.stream('GET', '/')
  const text = (async () => {
    let all = ''
    for await (const chunk of body) all += chunk
    return all
  })()
  const stopped = kernel.stop()
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.is(kernel.state, 'draining')
  held.open()
  assert.is(await text, 'begun ended')
  assert.is(await stopped, 0)
})

lifecycle('what is not answered at the deadline is cut off, and the exit code is 1', async () => {
  const orders = await upstream(() => {})
  const calls = client(orders.url)
  const kernel = await serve(new Service({ adapters: [calls], drainTimeout: 50 }))
  const call = failureOf(() => calls.get('/'))
  await until(() => orders.received.length === 1)
  assert.is(await kernel.stop(), 1)
  assert.equal([(await call).name, (await call).message], ['AbortError', 'the client was closed'])
  await until(() => orders.sockets.size === 0)
})

lifecycle('calls share a bounded number of connections, one at a time on each', async () => {
  let [running, most] = [0, 0]
  const orders = await upstream(async (response) => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setTimeout(resolve, 5))
    running--
    json(response, 1)
  })
  const calls = await opened(orders.url, { connections: 3 })
  await Promise.all(Array.from({ length: 30 }, () => calls.get('/')))
  assert.equal([orders.received.length, orders.connections, most], [30, 3, 3])
})

lifecycle('nothing is left after a close: no connection, timer or listener', async () => {
  const left = () => process.getActiveResourcesInfo().filter((name) => /Socket|Timeout|Addr|TLS/.test(name))
  const orders = await upstream((response, _, { url }) => {
    if (url === '/ok') json(response, 1)
    if (url === '/no') response.writeHead(503).end()
    if (url === '/stream') response.write('begun')
    if (url === '/reset') response.socket?.resetAndDestroy()
  })
  const calls = client(orders.url, { timeout: 100_000, retry: { backoff: { first: 1 } } })
  const kernel = await serve(new Service({ adapters: [calls], drainTimeout: 100 }))
  const { signal } = new AbortController()
  const listeners: string[] = []
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (...given: Parameters<typeof add>) => {
    listeners.push(given[0])
    add(...given)
  }
  signal.removeEventListener = (...given: Parameters<typeof remove>) => {
    listeners.pop()
    remove(...given)
  }
  const pending = ['/ok', '/no', '/reset', '/hangs'].map((path) =>
    calls.get(path, { signal }).catch(() => {}),
  )
  await calls.stream('GET', '/stream', { signal })
  await until(() => orders.received.some(({ url }) => url === '/hangs'))
  assert.ok(listeners.length > 0)
  await kernel.stop()
  await Promise.all(pending)
  await until(() => orders.sockets.size === 0)
  await until(() => listeners.length === 0)
  await until(() => left().length === 0, `nothing is left, but ${left()}`)
})

lifecycle('credentials of the origin are sent, and never shown', async () => {
  const orders = await upstream((response) => response.writeHead(500).end())
  const records = logged('debug')
  const calls = await opened(orders.url.replace('//', '//lovelace:p%40ss%3Aword@'))
  const failure = await failureOf(() => calls.get('/'))
  const [received] = orders.received
  assert.is(received?.headers.authorization, `Basic ${Buffer.from('lovelace:p@ss:word').toString('base64')}`)
  const unlisted = client(orders.url.replace('//', '//lovelace:p%40ss%3Aword@'))
  const shown = [
    calls.name,
    calls.url,
    failure.message,
    JSON.stringify(failure),
    JSON.stringify(records),
    (await failureOf(() => unlisted.get('/'))).message,
  ]
  for (const text of shown) assert.not.match(text, /p%40ss|p@ss|lovelace/)
  assert.equal([calls.name, calls.url], [`client ${orders.url}`, orders.url])
})

lifecycle.run()
