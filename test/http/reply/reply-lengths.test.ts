import { Readable } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { requestText } from '../raw-client.ts'
import { errorsIn, failureOf, logged, until } from '../serving.ts'
import { replying, stopReplying } from './replying.ts'

const lengthy = suite('http reply lengths')
lengthy.after.each(stopReplying)

const lengths = ['0', '2', '99', '-1', 'x', '1.5', '3, 3', '', '0x3', '1e1', ' 3 3']
const bodies: Readonly<Record<string, () => unknown>> = {
  text: () => 'abc',
  bytes: () => Buffer.from('abc'),
  JSON: () => [1],
  nothing: () => undefined,
  'a stream': () => Readable.from(['abc']),
  'a stream of bytes': () => Readable.from([Buffer.from('abc')], { objectMode: false }),
  'an empty stream': () => Readable.from([]),
  'the body of a Response': () => new Response('abc').body,
}

for (const [name, body] of Object.entries(bodies)) {
  lengthy(`a wrong length of ${name} is not sent`, async () => {
    for (const length of [...lengths, ['3', '3'], 1.5, -3, Number.NaN]) {
      const headers = { 'content-length': length, 'Transfer-Encoding': 'chunked', 'x-a': 'b' }
      const { client } = await replying(() => ({ body: body(), headers }))
      const first = await client.send(requestText('GET', '/')).response()
      assert.is(first.header('x-a'), 'b')
      const head = await client.send(requestText('HEAD', '/')).response('HEAD')
      // What a HEAD leaves out, nobody can measure.
      if (name !== 'nothing')
        assert.is(head.header('content-length') ?? String(first.body.length), String(first.body.length))
      const last = await client.send(requestText('GET', '/')).response()
      assert.equal([last.status, last.text], [200, first.text])
      assert.ok(['abc', '[1]', ''].includes(first.text), first.text)
      const framing = [first.header('content-length'), first.header('transfer-encoding')]
      assert.ok(framing.includes(undefined) && framing.some(Boolean), String(framing))
      client.destroy()
    }
  })
}

lengthy('a wrong length of a large Response is not sent', async () => {
  const text = 'x'.repeat(100_000)
  const { client } = await replying(() => new Response(text, { headers: { 'content-length': '200000' } }))
  for (const _ of [1, 2]) {
    const response = await client.send(requestText('GET', '/')).response()
    assert.equal([response.header('content-length'), response.text], ['100000', text])
  }
})

lengthy('two lengths of different spelling are none', async () => {
  const headers = { 'content-length': 3, 'Content-Length': 2 }
  const { client } = await replying(() => [200, Readable.from(['abc']), headers])
  assert.is((await client.send(requestText('GET', '/')).response()).text, 'abc')
})

async function* pieces(...lengths: number[]) {
  for (const length of lengths) {
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    yield 'x'.repeat(length)
  }
}

lengthy('a stream keeps the length that it has', async () => {
  const { client } = await replying(() => [200, pieces(20_000, 1, 20_000), { 'content-length': 40_001 }])
  for (const method of ['GET', 'HEAD', 'GET']) {
    const response = await client.send(requestText(method, '/')).response(method)
    assert.equal(
      [response.header('content-length'), response.header('transfer-encoding')],
      ['40001', undefined],
    )
    if (method === 'GET') assert.is(response.body.length, 40_001)
  }
})

for (const [name, length] of [
  ['shorter', 50_000],
  ['longer', 30_000],
] as const) {
  lengthy(
    `a long stream that is ${name} than its length breaks off, before it takes from the next answer`,
    async () => {
      const records = logged()
      const { client } = await replying(() => [200, pieces(20_000, 1, 20_000), { 'content-length': length }])
      client.send(Buffer.concat([requestText('GET', '/'), requestText('GET', '/')]))
      await failureOf(() => client.response())
      await client.closed
      assert.ok(client.received.length < length + 1_000)
      await until(() => errorsIn(records).length > 0)
      assert.equal(errorsIn(records)[0], 'REPLY_LENGTH')
    },
  )
}

lengthy.run()
