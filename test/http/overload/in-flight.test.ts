import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { Service } from 'tomodachi'
import { events, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RawClient, requestText } from '../raw-client.ts'
import { ask, portOf, serve, until } from '../serving.ts'
import { endAll, serving } from './filling.ts'

const inFlight = suite('http overload by requests in flight')
inFlight.after.each(endAll)

const head = (...fields: string[]) =>
  `POST / HTTP/1.1\r\nHost: x\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`

inFlight('a request beyond the limit gets a 503 with Retry-After, and the next one is served', async () => {
  const { filled, release, api, kernel } = await serving({ maxInFlight: 1, retryAfter: '3s' })
  const first = await filled()
  for (const path of ['/', '/nowhere']) {
    const shed = await ask(api, 'GET', path)
    assert.equal([shed.status, shed.text, shed.header('retry-after')], [503, 'Service Unavailable', '3'])
    assert.match(shed.header('content-type') ?? '', 'text/plain')
  }
  assert.ok(kernel.ready)
  release()
  assert.is((await first.response()).text, 'waited')
  first.destroy()
  assert.is((await ask(api, 'GET', '/')).text, 'next')
  assert.is((await ask(api, 'GET', '/nowhere')).status, 404)
})

inFlight('as many as the limit are served at the same time', async () => {
  const { api, waiting, release } = await serving({ maxInFlight: 3 })
  const served = [1, 2, 3].map(() => ask(api, 'GET', '/wait'))
  await until(() => waiting.length === 3)
  assert.is((await ask(api, 'GET', '/')).status, 503)
  release()
  assert.equal(
    (await Promise.all(served)).map(({ status }) => status),
    [200, 200, 200],
  )
})

inFlight('the answer comes before the body, and a small body leaves the connection open', async () => {
  const { api, filled, release } = await serving()
  const first = await filled()
  const client = await RawClient.connect(portOf(api))
  client.send(head('Content-Length: 10'))
  const shed = await client.response()
  assert.equal([shed.status, shed.header('connection')], [503, 'keep-alive'])
  client.send('0123456789')
  release()
  await first.response()
  assert.is((await client.send(requestText('POST', '/', {}, 'read')).response()).text, 'read')
  for (const one of [first, client]) one.destroy()
})

for (const fields of [['Content-Length: 90000000'], ['Content-Length: 8', 'Expect: 100-continue']]) {
  inFlight(`${fields.join(', ')}: the body is not asked for, and the connection ends`, async () => {
    const { api, filled } = await serving()
    const first = await filled()
    const client = await RawClient.connect(portOf(api))
    client.send(head(...fields))
    await until(() => client.received.length > 0)
    assert.match(client.received.toString(), 'HTTP/1.1 503 ')
    assert.is((await client.response()).header('connection'), 'close')
    await client.closed
    first.destroy()
  })
}

inFlight('requests that a client sends without waiting are answered in order', async () => {
  const { api, waiting, release } = await serving()
  const client = await RawClient.connect(portOf(api))
  client.send(requestText('GET', '/wait')).send(requestText('GET', '/')).send(requestText('GET', '/live'))
  await until(() => waiting.length === 1)
  release()
  const answers = [await client.response(), await client.response(), await client.response()]
  assert.equal(
    answers.map(({ status }) => status),
    [200, 503, 200],
  )
  assert.is((await client.send(requestText('GET', '/')).response()).text, 'next')
  client.destroy()
})

inFlight('a route with shed: false is always served, and does not count', async () => {
  const { api, filled, waiting, release } = await serving()
  const held = ask(api, 'GET', '/hold')
  await until(() => waiting.length === 1)
  assert.is((await ask(api, 'GET', '/')).status, 200)
  release()
  assert.is((await held).text, 'waited')
  const first = await filled()
  for (const method of ['GET', 'HEAD']) {
    const live = await RawClient.connect(portOf(api))
    assert.is((await live.send(requestText(method, '/live')).response(method)).status, 200)
    live.destroy()
  }
  assert.is((await ask(api, 'GET', '/')).status, 503)
  first.destroy()
})

inFlight('a handler counts until it ends, even if its client has left', async () => {
  const { api, filled, release } = await serving()
  const first = await filled()
  first.destroy()
  await first.closed
  assert.is((await ask(api, 'GET', '/')).status, 503)
  release()
  await until(async () => (await ask(api, 'GET', '/')).status === 200)
})

inFlight('a stream counts until it has been sent; one of events only until it begins', async () => {
  const api = http({ port: 0, overload: { maxInFlight: 1 } })
  let finish = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  async function* chunks() {
    yield 'begun'
    await finished
  }
  async function* ticks() {
    for (;;) {
      yield { data: 1 }
      await sleep(10)
    }
  }
  await serve(
    new Service()
      .on(api.get('/stream'), () => Readable.from(chunks()))
      .on(api.get('/events'), () => events(ticks))
      .on(api.get('/'), () => 'next'),
  )
  const open = async (path: string) => {
    const client = await RawClient.connect(portOf(api))
    client.send(requestText('GET', path))
    await until(() => client.received.length > 0)
    return client
  }
  const watching = await open('/events')
  assert.match(watching.received.toString(), '200 OK')
  const reading = await open('/stream')
  assert.is((await ask(api, 'GET', '/')).status, 503)
  finish()
  assert.is((await reading.response()).text, 'begun')
  assert.is((await ask(api, 'GET', '/')).status, 200)
  for (const client of [watching, reading]) client.destroy()
})

inFlight('an injected request is shed like others', async () => {
  const { api, filled, release } = await serving()
  const first = await filled()
  const { statusCode, headers } = await api.inject({ method: 'POST', url: '/', payload: 'x' })
  assert.equal([statusCode, headers['retry-after']], [503, '1'])
  release()
  await first.response()
  first.destroy()
  assert.is((await api.inject('/')).payload, 'next')
})

inFlight.run()
