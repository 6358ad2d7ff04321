// time limit: 60 s
import { guard, reply, Service, use } from 'tomodachi'
import { type Http, type HttpOptions, type HttpRequest, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { RawClient, requestText } from '../raw-client.ts'
import { errorsIn, logged, portOf, serve, stopAll, until } from '../serving.ts'

const unread = suite('http bodies that nobody reads')

const stray: unknown[] = []
const note = (error: unknown) => stray.push(error)
unread.before(() => {
  process.on('unhandledRejection', note).on('uncaughtException', note)
})
unread.after.each(async () => {
  await stopAll()
  assert.equal(stray.splice(0), [])
})

const mayCome = ({ request }: { request: HttpRequest }) =>
  request.headers.authorization === 'yes' || [401, 'who are you?']
const auth = guard(mayCome)
const Order = z.object({ id: z.number() })

/** A route behind a guard that needs no time, or a turn of the loop. */
async function guarded(options: HttpOptions = {}): Promise<Http> {
  const api = http({ port: 0, ...options })
  const turn = guard(async (given: { request: HttpRequest }) => {
    await new Promise(setImmediate)
    return mayCome(given)
  })
  await serve(
    new Service()
      .on(api.post('/', { body: Order }), ({ body }) => String(body.id), { use: [auth] })
      .on(api.post('/turn', { body: Order }), ({ body }) => String(body.id), { use: [turn] })
      .on(api.post('/silent'), () => 'not read')
      .on(api.get('/'), () => 'next'),
  )
  return api
}

const json = 'Content-Type: application/json'
const head = (path: string, ...fields: string[]) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\n${json}\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`
const megabyte = Buffer.alloc(1_048_576, 'x')

for (const path of ['/', '/turn']) {
  unread(`${path}: 401 comes before the body has been sent, and ends the connection`, async () => {
    const api = await guarded()
    const client = await RawClient.connect(portOf(api))
    client.send(head(path, 'Content-Length: 90000000')).send(megabyte)
    const response = await client.response()
    assert.equal([response.status, response.text], [401, 'who are you?'])
    assert.is(response.header('connection'), 'close')
    await client.closed
  })

  for (const framing of ['Content-Length: 41943040', 'Transfer-Encoding: chunked']) {
    unread(
      `${path}: a client that reads only after it has sent 40 MB gets the answer (${framing})`,
      async () => {
        const api = await guarded()
        const client = await RawClient.connect(portOf(api))
        const resets: unknown[] = []
        client.socket.on('error', (error) => resets.push(error)).pause()
        client.send(head(path, framing))
        for (let sent = 0; sent < 40; sent++) {
          const part = framing.startsWith('C')
            ? megabyte
            : Buffer.concat([Buffer.from('100000\r\n'), megabyte, Buffer.from('\r\n')])
          await new Promise((resolve) => client.socket.write(part, resolve))
        }
        client.socket.resume()
        assert.is((await client.response()).status, 401)
        await client.closed
        assert.equal(resets, [])
      },
    )
  }

  unread(`${path}: a small body is thrown away, and the connection goes on`, async () => {
    const api = await guarded()
    const client = await RawClient.connect(portOf(api))
    for (const body of ['{"id":1}', 'x'.repeat(30_000)]) {
      client.send(head(path, `Content-Length: ${body.length}`))
      const response = await client.response()
      assert.equal([response.status, response.header('connection')], [401, 'keep-alive'])
      client.send(body)
      assert.is((await client.send(requestText('GET', '/')).response()).text, 'next')
    }
    client.send([head(path, 'Content-Length: 8', 'Authorization: yes'), '{"id":7}'].join(''))
    assert.is((await client.response()).text, '7')
    client.destroy()
  })

  unread(`${path}: a small body is thrown away where the client wants the connection to end`, async () => {
    const api = await guarded()
    const client = await RawClient.connect(portOf(api))
    client.send(head(path, 'Content-Length: 5000', 'Connection: close')).send('x'.repeat(100))
    assert.is((await client.response()).status, 401)
    client.send('x'.repeat(4_900))
    await client.closed
  })

  unread(`${path}: nobody is asked to send a body that is refused`, async () => {
    const api = await guarded()
    const client = await RawClient.connect(portOf(api))
    client.send(head(path, 'Content-Length: 8', 'Expect: 100-continue'))
    const response = await client.response()
    assert.equal([response.status, response.header('connection')], [401, 'close'])
    assert.is(response.statusLine, 'HTTP/1.1 401 Unauthorized')
    await client.closed
  })

  unread(`${path}: whoever may come in is asked for the body, once`, async () => {
    const api = await guarded()
    const client = await RawClient.connect(portOf(api))
    for (let round = 0; round < 2; round++) {
      client.send(head(path, 'Content-Length: 8', 'Expect: 100-continue', 'Authorization: yes'))
      await until(() => client.received.length > 0)
      assert.is(client.received.toString(), 'HTTP/1.1 100 Continue\r\n\r\n')
      assert.is((await client.send('{"id":7}').response()).text, '7')
    }
    client.destroy()
  })
}

unread('no 100 before a 404, a 405 or an answer of a handler that reads nothing', async () => {
  const api = await guarded()
  for (const [method, path, status] of [
    ['POST', '/nowhere', 404],
    ['PUT', '/', 405],
    ['POST', '/silent', 200],
  ] as const) {
    const client = await RawClient.connect(portOf(api))
    client.send(`${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\nExpect: 100-continue\r\n\r\n`)
    await client.more()
    assert.match(client.received.toString(), `HTTP/1.1 ${status} `)
    assert.not.match(client.received.toString(), '100 Continue')
    await client.closed
  }
})

unread('a client that sends without end is cut after the bytes of the largest body', async () => {
  const api = await guarded({ clientMaxSize: '2MB' })
  const client = await RawClient.connect(portOf(api))
  client.send(head('/turn', 'Transfer-Encoding: chunked'))
  const part = Buffer.concat([Buffer.from('100000\r\n'), megabyte, Buffer.from('\r\n')])
  let sent = 0
  // The buffers of the system hold some too.
  for (; sent < 100 && !client.socket.destroyed; sent++)
    await Promise.race([new Promise((resolve) => client.socket.write(part, resolve)), client.closed])
  await client.closed
  assert.ok(sent < 40, `${sent} MB were taken`)
})

unread('a client that sends the small rest never is cut, after its answer', async () => {
  const api = await guarded()
  const client = await RawClient.connect(portOf(api))
  client.send(head('/turn', 'Content-Length: 10')).send('x')
  assert.is((await client.response()).status, 401)
  await client.closed
})

unread('a stream made of the body that is answered with is whole, and the connection goes on', async () => {
  const api = http({ port: 0 })
  await serve(
    new Service()
      .on(api.post('/echo'), ({ request }) => [200, request.stream()])
      .on(api.get('/'), () => 'next'),
  )
  const client = await RawClient.connect(portOf(api))
  client.send(head('/echo', `Content-Length: ${4 * megabyte.length}`))
  for (let sent = 0; sent < 4; sent++) client.send(megabyte)
  assert.is((await client.response()).body.length, 4 * megabyte.length)
  assert.is((await client.send(requestText('GET', '/')).response()).text, 'next')
  client.destroy()
})

unread(
  'middleware of every level runs before the body is read and before anything is validated',
  async () => {
    const validated: string[] = []
    const seen = (part: string) =>
      z.unknown().transform((value) => {
        validated.push(part)
        return value
      })
    const schemas = { body: seen('body'), query: seen('query'), params: seen('params') }
    const levels = ['service', 'server', 'route', 'none'] as const
    for (const level of levels) {
      const api = http({ port: 0 })
      const refusing = (at: string) => guard(() => at !== level || [401, at])
      const source = api.use(refusing('server')).post('/:id', schemas)
      await serve(
        new Service({ use: use(refusing('service')) }).on(source, () => 'handled', {
          use: [refusing('route')],
        }),
      )
      const client = await RawClient.connect(portOf(api))
      client.send([head('/1?a=1', 'Content-Length: 1'), '{'].join(''))
      const { status } = await client.response()
      assert.is(status, level === 'none' ? 400 : 401)
      client.destroy()
      await stopAll()
    }
    assert.equal(validated, ['params', 'query'])
  },
)

unread('middleware of an error source answers 413 and 404 without the body', async () => {
  const records = logged()
  const api = http({ port: 0, clientMaxSize: 10 })
  const named = api.use(async (_: object, next) => {
    const outcome = await next()
    return reply([404, `sorry, ${outcome.reply}`])
  })
  await serve(new Service().on(named.error(404), () => 'nothing here'))
  const client = await RawClient.connect(portOf(api))
  client.send(head('/nowhere', 'Content-Length: 5'))
  assert.is((await client.response()).text, 'sorry, nothing here')
  client.destroy()
  assert.equal(errorsIn(records), [])
})

unread.run()
