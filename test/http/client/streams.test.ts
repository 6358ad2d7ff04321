import { Readable } from 'node:stream'
import { hasCode } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { failureOf } from '../serving.ts'
import { json, opened, stopEverything, upstream } from './upstream.ts'

const streams = suite('http client streams')
streams.after.each(stopEverything)

streams('the body comes as it is, whatever its size', async () => {
  const orders = await upstream((response) =>
    Readable.from(Array(100).fill('x'.repeat(1_000))).pipe(response),
  )
  const client = await opened(orders.url, { maxResponseSize: 10 })
  const { status, body } = await client.stream('GET', '/')
  let size = 0
  for await (const chunk of body) size += chunk.length
  assert.equal([status, size], [200, 100_000])
})

streams('another status is an error, or an answer with throwOnError: false', async () => {
  const orders = await upstream((response) => json(response, { a: 1 }, 400))
  const client = await opened(orders.url)
  const failure = await failureOf(() => client.stream('GET', '/'))
  assert.equal(hasCode(failure, 'RESPONSE_NOT_OK') && failure.values.body, { a: 1 })
  const { status, body } = await client.stream('POST', '/', { json: 1, throwOnError: false })
  const [text] = await Readable.from(body).toArray()
  assert.equal([status, String(text)], [400, '{"a":1}'])
})

streams('a body that breaks off tells whoever reads it, and nobody else', async () => {
  const orders = await upstream((response) => {
    response.write('begun')
    setTimeout(() => response.destroy(), 20)
  })
  const client = await opened(orders.url)
  const { body } = await client.stream('GET', '/')
  const failure = await failureOf(async () => {
    for await (const _ of body);
  })
  assert.ok(failure instanceof Error)
  const unread = await client.stream('GET', '/')
  await new Promise((resolve) => unread.body.once('close', resolve))
})

streams.run()
