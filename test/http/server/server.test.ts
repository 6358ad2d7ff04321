// time limit: 120 s
import { createServer, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import { getContext, Kernel, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RawClient, requestText } from '../raw-client.ts'
import { ask, failureOf, logged, portOf, serve, stopAll, until } from '../serving.ts'

const server = suite('http server')
server.after.each(stopAll)

server('the url is known while it is started, and only then', async () => {
  const api = http({ port: 0, name: 'public' })
  const notStarted = async () => {
    for (const action of [() => api.url, () => api.inject('/')]) {
      const failure = await failureOf(action)
      assert.is(failure.code, 'ADAPTER_NOT_STARTED')
      assert.match(failure.message, / because public is not running;/)
    }
  }
  await notStarted()
  const kernel = await serve(new Service().on(api.get('/'), () => 'here'))
  assert.match(api.url, /^http:\/\/127\.0\.0\.1:\d+$/)
  assert.is(await (await fetch(api.url)).text(), 'here')
  assert.equal(
    kernel.adapters().flatMap(({ endpoints = [] }) => endpoints),
    [api.url],
  )
  await stopAll()
  await notStarted()
})

for (const [host, url] of [
  ['0.0.0.0', /^http:\/\/127\.0\.0\.1:\d+$/],
  ['127.0.0.1', /^http:\/\/127\.0\.0\.1:\d+$/],
  ['localhost', /^http:\/\/localhost:\d+$/],
  ...(hasIpv6()
    ? ([
        ['::', /^http:\/\/\[::1\]:\d+$/],
        ['::1', /^http:\/\/\[::1\]:\d+$/],
      ] as const)
    : []),
] as const) {
  server(`the url for the host ${host} can be asked`, async () => {
    const api = http({ port: 0, host })
    await serve(new Service().on(api.get('/'), ({ request }) => String(request.ip)))
    assert.match(api.url, url)
    assert.match(await (await fetch(api.url)).text(), /^(::ffff:)?127\.0\.0\.1$|^::1$/)
  })
}

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === '::1'),
  )
}

/** Listens on a port of its own, as another program would. */
async function occupied(): Promise<{ other: Server; port: number }> {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen({ port: 0, host: '127.0.0.1' }, resolve))
  return { other, port: (other.address() as { port: number }).port }
}

server('a port in use is ADDRESS_IN_USE; the start fails, and can be tried again', async () => {
  const { other, port } = await occupied()
  const api = http({ port, host: '127.0.0.1' })
  const service = new Service().on(api.get('/'), () => 'at last')
  const failure = await failureOf(() => serve(service))
  assert.is(failure.code, 'ADDRESS_IN_USE')
  assert.match(failure.message, `cannot listen on 127.0.0.1:${port}: the port is in use`)
  await new Promise((resolve) => other.close(resolve))
  await serve(service)
  assert.is((await ask(api, 'GET', '/')).text, 'at last')
})

for (const host of ['203.0.113.1', 'no such host']) {
  server(`the host "${host}" is ADDRESS_NOT_AVAILABLE`, async () => {
    const api = http({ port: 0, host })
    const failure = await failureOf(() => serve(new Service().on(api.get('/'), () => 'x')))
    assert.is(failure.code, 'ADDRESS_NOT_AVAILABLE')
    assert.match(failure.message, `cannot listen on ${host}:0`)
  })
}

server('a path that is no route fails the start, and frees the port', async () => {
  const { other, port } = await occupied()
  await new Promise((resolve) => other.close(resolve))
  const api = http({ port, host: '127.0.0.1' })
  const failure = await failureOf(() => serve(new Service().on(api.get('no-slash'), () => 'x')))
  assert.is(failure.code, 'ROUTE_INVALID')
  const free = http({ port, host: '127.0.0.1' })
  await serve(new Service().on(free.get('/'), () => 'free'))
  assert.is((await ask(free, 'GET', '/')).text, 'free')
})

server('two servers in one process do not know of each other', async () => {
  const [outside, inside] = [http({ port: 0 }), http({ port: 0, clientMaxSize: 1 })]
  await serve(
    new Service()
      .on(outside.get('/'), () => 'outside')
      .on(inside.get('/'), () => 'inside')
      .on(inside.post('/'), ({ request }) => request.text())
      .on(outside.post('/'), ({ request }) => request.text()),
  )
  assert.is.not(outside.url, inside.url)
  assert.is((await ask(outside, 'GET', '/')).text, 'outside')
  assert.is((await ask(inside, 'GET', '/')).text, 'inside')
  assert.is((await ask(outside, 'POST', '/', {}, 'xx')).status, 200)
  assert.is((await ask(inside, 'POST', '/', {}, 'xx')).status, 413)
})

server('two services of one kernel share a server', async () => {
  const api = http({ port: 0 })
  await serve(
    new Service({ name: 'a' }).on(api.get('/a'), ({ service }) => service.name),
    new Service({ name: 'b' }).on(api.get('/b'), ({ service }) => service.name),
  )
  assert.is((await ask(api, 'GET', '/a')).text, 'a')
  assert.is((await ask(api, 'GET', '/b')).text, 'b')
})

server('the context counts what the server has to do and has done', async () => {
  const api = http({ port: 0 })
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  await serve(new Service().on(api.get('/'), () => 'x').on(api.get('/held'), () => held))
  const kernelContext = () => (getContext() as { adapters?: Record<string, object> }).adapters?.http
  await ask(api, 'GET', '/')
  const pending = ask(api, 'GET', '/held')
  await until(() => JSON.stringify(kernelContext()).includes('"currentTasks":1'))
  assert.equal(kernelContext(), { enabled: true, currentTasks: 1, totalTasks: 2 })
  release()
  await pending
})

server('a handler with a concurrency and an order holds requests back', async () => {
  const api = http({ port: 0 })
  let running = 0
  let most = 0
  const handler = async () => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setTimeout(resolve, 10))
    running--
  }
  await serve(new Service().on(api.get('/:id'), handler, { concurrency: 2 }))
  const answers = await Promise.all(Array.from({ length: 8 }, (_, id) => ask(api, 'GET', `/${id}`)))
  assert.ok(answers.every(({ status }) => status === 200))
  assert.is(most, 2)
})

server('start and stop, 20 times: no socket, no server and no timer is left', async () => {
  logged('error')
  const api = http({ port: 0 })
  const service = new Service()
    .on(api.get('/'), () => 'x')
    .on(api.get('/stream'), async function* () {
      yield 'stream'
    })
  const resources = () =>
    process
      .getActiveResourcesInfo()
      .filter((name) => !/^(Pipe|TTY)/.test(name))
      .sort()
  let before: string[] | undefined
  for (let round = 0; round < 21; round++) {
    const kernel = await new Kernel([service], { ownsProcess: false }).start()
    const client = await RawClient.connect(portOf(api))
    for (const path of ['/', '/stream', '/unknown']) await client.send(requestText('GET', path)).response()
    const silent = await RawClient.connect(portOf(api))
    // Connections that may still bring a request are waited for: twice is enough.
    if (round > 1) for (const each of [client, silent]) each.destroy()
    assert.is(await kernel.stop(), 0)
    await Promise.all([client.closed, silent.closed])
    await new Promise(setImmediate)
    before ??= resources()
  }
  assert.equal(resources(), before)
  assert.not.ok(
    resources().some((name) => /TCP|Server/.test(name)),
    String(resources()),
  )
})

server.run()
