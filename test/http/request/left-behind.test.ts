import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { guard, Service } from 'tomodachi'
import { type HttpRequest, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { RawClient, requestText } from '../raw-client.ts'
import { errorsIn, logged, portOf, serve, stopAll, until } from '../serving.ts'

const left = suite('http bodies whose clients have left')
left.after.each(stopAll)

const text = '{"id":"ö"}'
const json = { 'Content-Type': 'application/json' }
const gone = async ({ signal }: { signal: AbortSignal }) => {
  if (!signal.aborted) await once(signal, 'abort')
}

/** Sends a request, goes away, and gives back what the handler made of its body after that. */
async function readAfter(
  read: (request: HttpRequest) => Promise<unknown>,
  body: string | Uint8Array = text,
  headers: Record<string, string> = json,
): Promise<unknown> {
  const results: unknown[] = []
  const api = http({ port: 0, clientMaxSize: '1MB' })
  let started = false
  const service = new Service().on(api.post('/'), async (context) => {
    started = true
    await gone(context)
    results.push(await read(context.request).catch((error: { code: string }) => error.code))
  })
  await serve(service)
  const client = await RawClient.connect(portOf(api))
  client.send(requestText('POST', '/', headers, body))
  await until(() => started)
  client.destroy()
  await until(() => results.length > 0)
  return results[0]
}

for (const [how, read, expected] of [
  ['text()', (request) => request.text(), text],
  ['json()', (request) => request.json(), { id: 'ö' }],
  [
    'bytes(), twice',
    async (request) => [await request.bytes(), await request.bytes()].map(String),
    [text, text],
  ],
  ['stream()', async (request) => String(await buffer(request.stream())), text],
] as readonly [string, (request: HttpRequest) => Promise<unknown>, unknown][]) {
  left(`a body that came as a whole can be read with ${how}`, async () => {
    assert.equal(await readAfter(read), expected)
  })

  left(`so can one in gzip, with ${how}`, async () => {
    const headers = { ...json, 'Content-Encoding': 'gzip' }
    assert.equal(await readAfter(read, gzipSync(text), headers), expected)
  })
}

left('a form that came as a whole can be read', async () => {
  const type = { 'Content-Type': 'application/x-www-form-urlencoded' }
  assert.equal(await readAfter(async (request) => [...(await request.formData())], 'a=1', type), [['a', '1']])
})

left('no body is an empty one', async () => {
  assert.is(await readAfter((request) => request.text(), ''), '')
})

left('half a body cannot be read', async () => {
  const headers = { 'Content-Length': '100' }
  assert.is(await readAfter((request) => request.text(), text, headers), 'BODY_UNREADABLE')
})

left('what is too large once it is decompressed is refused as ever', async () => {
  const packed = gzipSync(Buffer.alloc(2 * 1_024 ** 2))
  const code = await readAfter((request) => request.text(), packed, { 'Content-Encoding': 'gzip' })
  assert.is(code, 'BODY_TOO_LARGE')
})

left('a schema has its body, though middleware took its time', async () => {
  const records = logged()
  const api = http({ port: 0 })
  const handled: unknown[] = []
  let started = false
  const slow = guard(async (context: { signal: AbortSignal }) => {
    started = true
    await gone(context)
  })
  await serve(
    new Service().on(
      api.post('/', { body: z.object({ id: z.string() }) }),
      ({ body }) => void handled.push(body),
      { use: [slow] },
    ),
  )
  const client = await RawClient.connect(portOf(api))
  client.send(requestText('POST', '/', json, text))
  await until(() => started)
  client.destroy()
  await until(() => handled.length > 0)
  assert.equal(handled, [{ id: 'ö' }])
  assert.equal(errorsIn(records), [])
})

left.run()
