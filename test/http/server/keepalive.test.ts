// coverage: none
import { setTimeout as sleep } from 'node:timers/promises'
import { Service } from 'tomodachi'
import { type Http, type HttpOptions, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RawClient, type RawResponse, requestText } from '../raw-client.ts'
import { portOf, serve, stopAll, until } from '../serving.ts'

const keepalive = suite('http keep-alive')
keepalive.after.each(stopAll)

let handled: string[] = []

/** GET /fast/… and /slow/… answer with their path; the slow ones take 100 ms. */
async function serving(options: HttpOptions): Promise<Http> {
  handled = []
  const api = http({ port: 0, ...options })
  await serve(
    new Service()
      .on(api.get('/fast/:id'), ({ request }) => {
        handled.push(request.path)
        return request.path
      })
      .on(api.get('/slow/:id'), async ({ request }) => {
        handled.push(request.path)
        await sleep(100)
        return request.path
      })
      .on(api.get('/stubborn'), () => [200, 'stubborn', { Connection: 'keep-alive' }]),
  )
  return api
}

/** Asks until an answer says that the connection ends, and it has. */
async function untilClosed(api: Http): Promise<RawResponse[]> {
  const client = await RawClient.connect(portOf(api))
  const answers: RawResponse[] = []
  do answers.push(await client.send(requestText('GET', '/fast/1')).response())
  while (answers.at(-1)?.header('connection') !== 'close')
  await client.closed
  return answers
}

keepalive('maxKeepaliveRequests closes a connection with the answer to its last request', async () => {
  const api = await serving({ maxKeepaliveRequests: 5 })
  for (let round = 0; round < 3; round++) {
    const answers = await untilClosed(api)
    assert.equal(
      answers.map(({ status, text }) => [status, text]),
      Array.from({ length: 5 }, () => [200, '/fast/1']),
    )
    assert.equal(
      answers.map((answer) => answer.header('keep-alive')),
      ['timeout=5', 'timeout=5', 'timeout=5', 'timeout=5', undefined],
    )
  }
})

keepalive('connections of one age end at different times, none after the limit', async () => {
  const api = await serving({ maxKeepaliveRequests: 200 })
  const counts = await Promise.all(Array.from({ length: 20 }, async () => (await untilClosed(api)).length))
  for (const count of counts) assert.ok(count > 179 && count <= 200, `${count} requests`)
  assert.ok(new Set(counts).size > 3, `all after ${counts}`)
})

keepalive('maxKeepaliveTime closes a connection with the answer to its next request', async () => {
  const api = await serving({ maxKeepaliveTime: 500 })
  const client = await RawClient.connect(portOf(api))
  const ask = async () => (await client.send(requestText('GET', '/fast/1')).response()).header('connection')
  assert.is(await ask(), 'keep-alive')
  await sleep(600)
  assert.is(await ask(), 'close')
  await client.closed
})

keepalive('age alone closes no connection', async () => {
  const api = await serving({ maxKeepaliveTime: 10, keepaliveTimeout: 60_000 })
  const client = await RawClient.connect(portOf(api))
  await sleep(200)
  assert.not(client.socket.destroyed, 'a request may be on its way')
  assert.is((await client.send(requestText('GET', '/fast/1')).response()).header('connection'), 'close')
  await client.closed
})

for (const [name, options, paths, answered] of [
  ['the limit in the middle', { maxKeepaliveRequests: 2 }, ['/slow/1', '/fast/2', '/fast/3'], 2],
  ['no keep-alive', { keepaliveTimeout: 0 }, ['/slow/1', '/fast/2', '/slow/3'], 1],
  ['no limit reached', { maxKeepaliveRequests: 3 }, ['/slow/1', '/fast/2', '/slow/3'], 3],
] as const) {
  keepalive(`requests sent ahead, ${name}: what is not answered was not processed`, async () => {
    const api = await serving(options)
    const client = await RawClient.connect(portOf(api))
    client.send(Buffer.concat(paths.map((path) => requestText('GET', path))))
    const answers: RawResponse[] = []
    for (let index = 0; index < answered; index++) answers.push(await client.response())
    assert.equal(
      answers.map(({ text }) => text),
      paths.slice(0, answered),
    )
    assert.equal(
      answers.map((answer) => answer.header('connection')),
      [...Array.from({ length: answered - 1 }, () => 'keep-alive'), 'close'],
    )
    await client.closed
    assert.is(client.received.length, 0)
    assert.equal(handled, paths.slice(0, answered))
  })
}

keepalive('a drain answers all that was sent ahead, in order, and says so with the last', async () => {
  const api = await serving({})
  const client = await RawClient.connect(portOf(api))
  const paths = ['/slow/1', '/fast/2', '/slow/3', '/fast/4']
  client.send(Buffer.concat(paths.map((path) => requestText('GET', path))))
  await until(() => handled.length === 4)
  const stopping = stopAll()
  const answers: RawResponse[] = []
  for (let index = 0; index < 4; index++) answers.push(await client.response())
  assert.equal(
    answers.map(({ text }) => text),
    paths,
  )
  await client.closed
  await stopping
})

keepalive('a request that follows during a drain is not processed, if its connection ends', async () => {
  const api = await serving({})
  const client = await RawClient.connect(portOf(api))
  client.send(requestText('GET', '/slow/1'))
  await until(() => handled.length === 1)
  const stopping = stopAll()
  client.send(requestText('GET', '/fast/2'))
  const answer = await client.response()
  assert.equal([answer.text, answer.header('connection')], ['/slow/1', 'close'])
  await client.closed
  await stopping
  assert.equal(handled, ['/slow/1'])
})

keepalive('a handler that says keep-alive itself keeps no connection open beyond its limit', async () => {
  const api = await serving({ maxKeepaliveRequests: 1 })
  const client = await RawClient.connect(portOf(api))
  assert.is((await client.send(requestText('GET', '/stubborn')).response()).text, 'stubborn')
  await client.closed
})

keepalive.run()
