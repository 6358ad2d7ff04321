import type { Readable } from 'node:stream'
import { hasCode, Service } from 'tomodachi'
import { type Called, called, client } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deferred } from '../../kernel/fake-adapter.ts'
import { failureOf, serve, until } from '../serving.ts'
import { json, stopEverything, upstream } from './upstream.ts'

const calls = suite('http client event called')
calls.after.each(stopEverything)

async function watched(url: string) {
  const orders = client(url, { name: 'orders', retry: { backoff: { first: 1 } } })
  const kernel = await serve(new Service({ adapters: [orders] }))
  const told: Called[] = []
  const stop = kernel.bus.on(called, (event) => void told.push(event))
  return { orders, told, stop }
}

calls('each attempt is told of, with its status and without its path', async () => {
  const { url } = await upstream((response, number) =>
    number === 1 ? response.writeHead(503).end() : json(response, {}),
  )
  const { orders, told } = await watched(url)
  await orders.get('/orders/:id?token=secret', { params: { id: 7 } })
  assert.equal(
    told.map(({ elapsed, ...event }) => event),
    [1, 2].map((attempt) => {
      return {
        adapter: 'orders',
        method: 'GET',
        origin: url,
        attempt,
        status: [503, 200][attempt - 1],
        error: undefined,
      }
    }),
  )
  assert.ok(told.every(({ elapsed }) => elapsed > 0))
})

calls('an attempt without an answer has its error', async () => {
  const closed = await upstream(() => {})
  await closed.close()
  const { orders, told } = await watched(closed.url)
  await failureOf(() => orders.post('/orders'))
  assert.is(told.length, 1)
  assert.ok(hasCode(told[0]?.error, 'CALL_FAILED'))
  assert.is(told[0]?.status, undefined)
})

calls('one that is cancelled has neither', async () => {
  const arrived = deferred()
  const { url } = await upstream(() => arrived.resolve())
  const { orders, told } = await watched(url)
  const abort = new AbortController()
  const calling = failureOf(() => orders.get('/', { signal: abort.signal }))
  await arrived.promise
  abort.abort()
  await calling
  await until(() => told.length === 1, 'called')
  assert.equal([told[0]?.status, told[0]?.error], [undefined, undefined])
})

calls('a streamed answer is told of when it begins, and nothing is told to nobody', async () => {
  const { url } = await upstream((response) => response.writeHead(200).write('begun'))
  const { orders, told, stop } = await watched(url)
  const { body } = await orders.stream('GET', '/')
  assert.is(told.length, 1)
  await ended(body)
  stop()
  await ended((await orders.stream('GET', '/')).body)
  assert.is(told.length, 1)
})

/** Leaves a body that never ends to itself. */
async function ended(body: Readable): Promise<void> {
  await new Promise((resolve) =>
    body
      .on('error', () => {})
      .once('close', resolve)
      .destroy(),
  )
}

calls.run()
