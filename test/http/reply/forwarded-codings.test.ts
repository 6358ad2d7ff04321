// coverage: none
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import {
  brotliCompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib'
import { fetch as undiciFetch } from 'undici'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { upstream } from '../client/upstream.ts'
import { requestText } from '../raw-client.ts'
import { replying, stopReplying } from './replying.ts'

const forwarding = suite('http forwarded codings')
forwarding.after.each(stopReplying)

const text = JSON.stringify({ list: Array(200).fill('some text') })
const codings: Readonly<Record<string, (text: string) => Buffer>> = {
  gzip: gzipSync,
  'x-gzip': gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
  'gzip, br': (text) => brotliCompressSync(gzipSync(text)),
}

/** An upstream whose answers are compressed. */
function compressing(coding: string, content = text) {
  return upstream((response) => {
    const bytes = codings[coding]?.(content) as Buffer
    response.writeHead(200, {
      'content-encoding': coding,
      'content-length': bytes.length,
      'content-type': 'x/y',
    })
    response.end(bytes)
  })
}

const fields = (headers: Headers) => Object.fromEntries(headers)
const fetched: Readonly<Record<string, (url: string, method: string) => unknown>> = {
  'the answer to fetch': (url, method) => fetch(url, { method }),
  'the answer to the fetch of undici': (url, method) => undiciFetch(url, { method }),
  'a Response around it': async (url, method) => {
    const { body, status, headers } = await fetch(url, { method })
    return new Response(body, { status, headers })
  },
  'its body and fields': async (url, method) => {
    const { body, status, headers } = await fetch(url, { method })
    return { body, status, headers: fields(headers) }
  },
  'its body and Headers': async (url, method) => {
    const { body, status, headers } = await fetch(url, { method })
    return [status, body, headers]
  },
  'its bytes and fields': async (url, method) => {
    const response = await fetch(url, { method })
    return [200, Buffer.from(await response.arrayBuffer()), fields(response.headers)]
  },
  'its text and fields': async (url, method) => {
    const response = await fetch(url, { method })
    return [200, await response.text(), fields(response.headers)]
  },
}

/** The `fetch` of Node 22 leaves zstd as it is. */
const isDecoded = (coding: string) => coding !== 'zstd' || !process.version.startsWith('v22.')

for (const coding of Object.keys(codings)) {
  for (const [name, forward] of Object.entries(fetched)) {
    if (!isDecoded(coding) && !name.endsWith('undici')) continue
    for (const content of [text, 'hello']) {
      forwarding(
        `${name}, compressed with ${coding}, is sent as it was decoded: ${content.length}`,
        async () => {
          const { url } = await compressing(coding, content)
          const { client } = await replying((method) => forward(url, method))
          for (const _ of [1, 2]) {
            const response = await client.send(requestText('GET', '/')).response()
            assert.is(response.text, content)
            assert.is(response.header('content-encoding'), undefined)
            assert.is(response.header('content-type'), 'x/y')
          }
        },
      )
    }
  }

  forwarding(`a HEAD that is forwarded does not claim ${coding}, nor the length of that`, async () => {
    const { url } = await compressing(coding)
    const { client } = await replying((method) => undiciFetch(url, { method }))
    const response = await client.send(requestText('HEAD', '/')).response('HEAD')
    assert.is(response.header('content-encoding'), undefined)
    assert.is(response.header('content-length'), undefined)
    assert.is((await client.send(requestText('GET', '/')).response()).text, text)
  })

  const own: Readonly<Record<string, (bytes: Buffer) => unknown>> = {
    'a Response of bytes': (bytes) => new Response(bytes, { headers: { 'content-encoding': coding } }),
    bytes: (bytes) => [200, bytes, { 'Content-Encoding': coding }],
    'a stream': (bytes) => ({ body: Readable.from([bytes]), headers: { 'content-encoding': coding } }),
    'a stream of pieces': (bytes) => ({
      body: Readable.from([bytes.subarray(0, 1), bytes.subarray(1, 20), bytes.subarray(20)]),
      headers: { 'content-encoding': coding, 'content-length': bytes.length },
    }),
  }
  for (const [name, reply] of Object.entries(own)) {
    forwarding(`${name} that a handler has compressed with ${coding} keeps its coding`, async () => {
      const bytes = codings[coding]?.(text) as Buffer
      const { client } = await replying(() => reply(bytes))
      for (const method of ['GET', 'HEAD', 'GET']) {
        const response = await client.send(requestText(method, '/')).response(method)
        assert.is(response.header('content-encoding'), coding)
        if (method === 'GET') assert.equal(response.body, bytes)
      }
    })
  }
}

forwarding('what is compressed keeps its coding, whatever it is and however it is cut', async () => {
  for (const level of [1, 6, 9])
    for (const text of ['', 'a', 'hello', 'x'.repeat(100_000), JSON.stringify(process.versions)])
      for (const [coding, bytes] of [
        ['gzip', gzipSync(text, { level })],
        ['deflate', deflateSync(text, { level })],
        ['deflate', deflateRawSync(text, { level })],
        ['br', brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: level } })],
        ['zstd', zstdCompressSync(text)],
      ] as const)
        for (const body of [
          bytes,
          Readable.from([bytes]),
          Readable.from([bytes.subarray(0, 2), bytes.subarray(2)]),
        ]) {
          const { client } = await replying(() => [200, body, { 'content-encoding': coding }])
          const response = await client.send(requestText('GET', '/')).response()
          assert.equal(
            [response.header('content-encoding'), response.body],
            [coding, bytes],
            `${coding} of ${text.slice(0, 9)}`,
          )
        }
})

forwarding('text is in no coding, whatever it is', async () => {
  const texts = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8').split('\n')
  for (const text of texts.filter((text) => text !== '').slice(0, 60))
    for (const coding of ['gzip', 'deflate', 'br', 'zstd']) {
      const { client } = await replying(() => [200, Readable.from([text]), { 'content-encoding': coding }])
      const response = await client.send(requestText('GET', '/')).response()
      assert.equal([response.header('content-encoding'), response.text], [undefined, text])
    }
})

forwarding('an unknown coding is left as it is', async () => {
  const { url } = await upstream((response) =>
    response.writeHead(200, { 'content-encoding': 'aes128gcm' }).end('abc'),
  )
  const { client } = await replying(() => fetch(url))
  const response = await client.send(requestText('GET', '/')).response()
  assert.equal([response.header('content-encoding'), response.text], ['aes128gcm', 'abc'])
})

for (const status of [204, 304]) {
  forwarding(`a ${status} is forwarded without a body`, async () => {
    const { url } = await upstream((response) =>
      response.writeHead(status, { 'content-encoding': 'gzip', etag: '"a"' }).end(),
    )
    const { client } = await replying(() => fetch(url))
    for (const _ of [1, 2]) {
      const response = await client.send(requestText('GET', '/')).response()
      assert.equal([response.status, response.header('etag')], [status, '"a"'])
      assert.is(response.header('content-encoding'), undefined)
    }
  })
}

forwarding.run()
