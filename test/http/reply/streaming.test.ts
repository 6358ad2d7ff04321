import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { Service } from 'tomodachi'
import { type Http, type HttpReply, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RawClient, requestText } from '../raw-client.ts'
import { accessLines, ask, errorsIn, logged, portOf, serve, stopAll, until } from '../serving.ts'

const streaming = suite('http streaming')
streaming.after.each(stopAll)

async function serving(handler: (api: Http) => Service): Promise<{ api: Http; client: RawClient }> {
  const api = http({ port: 0 })
  await serve(handler(api))
  return { api, client: await RawClient.connect(portOf(api)) }
}

/** Serves one route that replies with this. */
const replying = (reply: () => unknown) =>
  serving((api) => new Service().on(api.get('/'), reply as () => HttpReply))

streaming('a request body comes piece by piece, while the client still sends', async () => {
  const seen: string[] = []
  const { client } = await serving((api) =>
    new Service().on(api.post('/'), async ({ request }) => {
      for await (const chunk of request.stream()) seen.push(String(chunk))
      return `${seen.length} pieces`
    }),
  )
  client.send('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
  for (const piece of ['one', 'two', 'six']) {
    client.send(`3\r\n${piece}\r\n`)
    await until(() => seen.includes(piece))
  }
  assert.is((await client.send('0\r\n\r\n').response()).text, '3 pieces')
})

streaming('a body can be sent back as it comes', async () => {
  const { client } = await serving((api) =>
    new Service().on(api.post('/'), ({ request }) => [200, request.stream()]),
  )
  const body = Buffer.alloc(1_000_000, 'abc')
  const response = await client.send(requestText('POST', '/', {}, body)).response()
  assert.ok(response.body.equals(body))
})

streaming('the first piece of a reply is sent before the second is made', async () => {
  let release = () => {}
  const { client } = await replying(async function* () {
    yield 'first'
    await new Promise<void>((resolve) => {
      release = resolve
    })
    yield 'second'
  })
  client.send(requestText('GET', '/'))
  await until(() => client.received.includes('first'))
  release()
  assert.is((await client.response()).text, 'firstsecond')
})

streaming('a client that reads slowly slows the stream down', async () => {
  let made = 0
  const piece = Buffer.alloc(64 * 1_024)
  const { api } = await replying(async function* () {
    for (; made < 1_000; made++) yield piece
  })
  // Its body is not read before somebody asks for it.
  const [response] = (await once(get(api.url), 'response')) as [IncomingMessage]
  let before = -1
  while (before !== made) {
    before = made
    await sleep(100)
  }
  assert.ok(made < 500, `${made} of 1,000 pieces were made, though nobody read them`)
  let received = 0
  for await (const chunk of response) received += chunk.length
  assert.is(received, 1_000 * piece.length)
})

streaming('a client that goes away ends the stream: the generator cleans up, 499 is logged', async () => {
  const records = logged()
  let cleaned = false
  const { client } = await replying(async function* () {
    try {
      for (;;) {
        yield 'more'
        await sleep(5)
      }
    } finally {
      cleaned = true
    }
  })
  client.send(requestText('GET', '/'))
  await until(() => client.received.includes('more'))
  client.destroy()
  await until(() => cleaned, 'the generator ran its finally')
  await until(() => accessLines(records).length > 0)
  const [line] = accessLines(records)
  assert.equal([line?.status_code, line?.replaced_status_code], [499, 200])
  assert.equal(errorsIn(records), [])
})

streaming('a web stream is cancelled when the client goes away', async () => {
  let cancelled = false
  const { client } = await replying(
    () =>
      new ReadableStream({
        async pull(controller) {
          await sleep(5)
          controller.enqueue(new TextEncoder().encode('more'))
        },
        cancel() {
          cancelled = true
        },
      }),
  )
  client.send(requestText('GET', '/'))
  await until(() => client.received.includes('more'))
  client.destroy()
  await until(() => cancelled, 'the stream was cancelled')
})

streaming('HEAD does not start a stream, and closes it', async () => {
  let reads = 0
  const readable = new Readable({
    read() {
      reads++
      this.push('x')
    },
  })
  const { api } = await replying(() => readable)
  assert.is((await ask(api, 'HEAD', '/')).body.length, 0)
  await until(() => readable.destroyed)
  assert.is(reads, 0)
})

streaming('a stream of a connection that is kept open ends where the next response begins', async () => {
  const { client } = await serving((api) =>
    new Service()
      .on(api.get('/stream'), async function* () {
        yield 'a'
        yield 'b'
      })
      .on(api.get('/text'), () => 'text'),
  )
  client.send(requestText('GET', '/stream')).send(requestText('GET', '/text'))
  assert.is((await client.response()).text, 'ab')
  assert.is((await client.response()).text, 'text')
})

streaming.run()
