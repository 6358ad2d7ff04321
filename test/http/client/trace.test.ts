import { Service } from 'tomodachi'
import { type Client, client, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ask, serve } from '../serving.ts'
import { json, opened, stopEverything, upstream } from './upstream.ts'

const trace = suite('http client trace')
trace.after.each(stopEverything)

const headers = {
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  tracestate: 'vendor=1',
  baggage: 'user=7',
}

/** A service that passes each request on. */
async function gateway(next: (path: string) => ReturnType<Client['get']>, adapter: Client) {
  const api = http({ port: 0, accessLog: false })
  const service = new Service({ adapters: [adapter] }).on(api.get('/:what'), async ({ params }) => {
    await new Promise((resolve) => setImmediate(resolve))
    return { body: (await next(`/${params.what}`)).data as object }
  })
  await serve(service)
  return api
}

trace('the trace is carried on through two services, and nothing else of the request', async () => {
  const last = await upstream((response) => json(response, {}))
  const toLast = client(last.url)
  const second = await gateway((path) => toLast.get(path), toLast)
  const toSecond = client(second.url)
  const first = await gateway((path) => toSecond.get(path), toSecond)
  await ask(first, 'GET', '/traced', { ...headers, authorization: 'Bearer x', cookie: 'a=b', 'x-own': 'c' })
  await ask(first, 'GET', '/plain')
  const carried = ['traceparent', 'tracestate', 'baggage', 'authorization', 'cookie', 'x-own']
  assert.equal(
    last.received.map(({ headers }) => carried.map((name) => headers[name])),
    [
      [headers.traceparent, headers.tracestate, headers.baggage, undefined, undefined, undefined],
      [undefined, undefined, undefined, undefined, undefined, undefined],
    ],
  )
})

trace('concurrent requests keep their traces apart', async () => {
  const last = await upstream((response) => json(response, {}))
  const calls = client(last.url)
  const api = await gateway((path) => calls.get(path), calls)
  const traceparent = (number: number) => headers.traceparent.replace('4bf9', `${1_000 + number}`)
  await Promise.all(
    Array.from({ length: 20 }, (_, number) =>
      ask(api, 'GET', `/${number}`, { traceparent: traceparent(number) }),
    ),
  )
  assert.is(last.received.length, 20)
  for (const { url, headers } of last.received)
    assert.is(headers.traceparent, traceparent(Number(url.slice(1))))
})

trace('header fields of the call win: no state of another trace stands beside its own parent', async () => {
  const last = await upstream((response) => json(response, {}))
  const calls = client(last.url)
  const own = { Traceparent: headers.traceparent.replace('-01', '-00'), baggage: undefined }
  const api = await gateway((path) => calls.get(path, { headers: own }), calls)
  await ask(api, 'GET', '/a', headers)
  const [received] = last.received
  assert.equal(
    [received?.headers.traceparent, received?.headers.tracestate, received?.headers.baggage],
    [own.Traceparent, undefined, undefined],
  )
})

trace('outside of handlers there is none', async () => {
  const last = await upstream((response) => json(response, {}))
  const calls = await opened(last.url)
  await calls.get('/')
  assert.is(last.received[0]?.headers.traceparent, undefined)
})

trace.run()
