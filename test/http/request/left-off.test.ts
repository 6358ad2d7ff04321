import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { Service } from 'tomodachi'
import { type HttpRequest, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RawClient, requestText } from '../raw-client.ts'
import { errorsIn, logged, portOf, serve, stopAll, until } from '../serving.ts'

const leftOff = suite('http bodies that are read in part')
leftOff.after.each(stopAll)

const ways: readonly [name: string, (request: HttpRequest) => unknown][] = [
  [
    'a for await with a break',
    async (request) => {
      for await (const _ of request.stream()) break
    },
  ],
  ['a stream that is destroyed', (request) => void request.stream().destroy()],
  ['a stream that nobody reads', (request) => void request.stream()],
  [
    'a for await with a break over the request of node',
    async (request) => {
      for await (const _ of request.raw) break
    },
  ],
]

const small = randomBytes(1_000)
const large = randomBytes(3_000_000)
const bodies: readonly [name: string, Buffer, headers: Readonly<Record<string, string>>][] = [
  ['small', small, {}],
  ['large', large, {}],
  ['small and compressed', gzipSync(small), { 'Content-Encoding': 'gzip' }],
  ['large and compressed', gzipSync(large), { 'Content-Encoding': 'gzip' }],
]

for (const [way, read] of ways)
  leftOff(`${way}: the request is answered, and the connection goes on or ends`, async () => {
    const records = logged()
    const api = http({ port: 0 })
    await serve(
      new Service()
        .on(api.post('/'), async ({ request }) => {
          await read(request)
          return 'enough'
        })
        .on(api.get('/'), () => 'next'),
    )
    for (const [name, body, headers] of bodies) {
      const client = await RawClient.connect(portOf(api))
      client.send(requestText('POST', '/', headers, body))
      const response = await client.response()
      assert.is(response.text, 'enough', name)
      if (response.header('connection') === 'close') await client.closed
      else assert.is((await client.send(requestText('GET', '/')).response()).text, 'next', name)
      client.destroy()
    }
    assert.equal(errorsIn(records), [])
  })

leftOff('a small body of which the beginning is read leaves its connection open', async () => {
  const api = http({ port: 0 })
  await serve(
    new Service()
      .on(api.post('/'), async ({ request }) => {
        for await (const chunk of request.stream()) return String(chunk)
        return 'nothing'
      })
      .on(api.get('/'), () => 'next'),
  )
  const client = await RawClient.connect(portOf(api))
  client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nfirst')
  assert.is((await client.response()).text, 'first')
  client.send('GET /').send(requestText('GET', '/'))
  assert.is((await client.response()).text, 'next')
  client.destroy()
})

leftOff('a body that is still being read when the answer goes out comes whole', async () => {
  let size = 0
  const api = http({ port: 0 })
  await serve(
    new Service()
      .on(api.post('/'), ({ request }) => {
        request.stream().on('data', (chunk) => {
          size += chunk.length
        })
        return 'thank you'
      })
      .on(api.get('/'), () => 'next'),
  )
  const client = await RawClient.connect(portOf(api))
  client.send(requestText('POST', '/', {}, large))
  assert.is((await client.response()).text, 'thank you')
  await until(() => size === large.length)
  assert.is((await client.send(requestText('GET', '/')).response()).text, 'next')
  client.destroy()
})

leftOff('who reads piece by piece learns that the client has left', async () => {
  const api = http({ port: 0 })
  let isReading = false
  let failure: unknown
  await serve(
    new Service().on(api.post('/'), async ({ request }) => {
      try {
        for await (const _ of request.stream()) isReading = true
      } catch (error) {
        failure = error
      }
    }),
  )
  const client = await RawClient.connect(portOf(api))
  client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nfirst')
  await until(() => isReading)
  client.destroy()
  await until(() => failure instanceof Error)
})

leftOff.run()
